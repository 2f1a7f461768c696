// SPDX-License-Identifier: LGPL-2.1-or-later
// What libvirt's own test driver (11.3) says to definitions that are wrong in one place: number and text.
import { VirtError } from '@virt/core'
import { describe, expect, it } from 'vitest'
import { domain, network } from '../src/index.js'

type Row = readonly [xml: string, number: number, message: string]

const domains: readonly Row[] = [
  [
    "<devices><memballoon model='virtio'/><memballoon model='virtio'/></devices>",
    1,
    'internal error: only a single memory balloon device is supported',
  ],
  [
    "<devices><vsock model='virtio'><cid auto='yes'/></vsock><vsock model='virtio'><cid auto='yes'/></vsock></devices>",
    27,
    'XML error: only a single vsock device is supported',
  ],
  [
    "<devices><iommu model='intel'/><iommu model='intel'/></devices>",
    27,
    'XML error: only a single IOMMU device is supported',
  ],
  ['<devices><nvram/><nvram/></devices>', 1, 'internal error: only a single nvram device is supported'],
  [
    "<devices><pstore backend='acpi-erst'><path>/x</path><size unit='KiB'>64</size></pstore><pstore backend='acpi-erst'><path>/x</path><size unit='KiB'>64</size></pstore></devices>",
    27,
    'XML error: only a single pstore device is supported',
  ],
  [
    "<devices><redirfilter><usbdev allow='no'/></redirfilter><redirfilter><usbdev allow='no'/></redirfilter></devices>",
    1,
    'internal error: only one set of redirection filter rule is supported',
  ],
  [
    "<devices><controller type='ide' index='0'/><controller type='ide' index='0'/></devices>",
    27,
    "XML error: Multiple 'ide' controllers with index '0'",
  ],
  [
    "<devices><controller type='foo'/></devices>",
    27,
    "XML error: Invalid value for attribute 'type' in element 'controller': 'foo'.",
  ],
  [
    "<devices><controller type='usb' model='foo'/></devices>",
    67,
    "unsupported configuration: Unknown model type 'foo'",
  ],
  [
    "<devices><controller type='ide' index='x'/></devices>",
    27,
    "XML error: Invalid value for attribute 'index' in element 'controller': 'x'. Expected integer value",
  ],
  [
    "<devices><controller type='pci' index='1' model='pcie-root-port'><target/><target/></controller></devices>",
    27,
    'XML error: Multiple <target> elements in controller definition not allowed',
  ],
  [
    "<devices><serial type='foo'/></devices>",
    67,
    'unsupported configuration: unknown type presented to host for character device: foo',
  ],
  [
    "<devices><serial type='pty'><target type='foo'/></serial></devices>",
    67,
    "unsupported configuration: unknown target type 'foo' specified for character device",
  ],
  [
    "<devices><console type='pty'><target type='foo'/></console></devices>",
    67,
    "unsupported configuration: unknown target type 'foo' specified for character device",
  ],
  [
    "<devices><channel type='pty'><target type='foo'/></channel></devices>",
    67,
    "unsupported configuration: unknown target type 'foo' specified for character device",
  ],
  ["<devices><channel type='pty'/></devices>", 27, 'XML error: target type must be specified for channel device'],
  [
    "<devices><channel type='pty'><target/></channel></devices>",
    67,
    "unsupported configuration: unknown target type '(null)' specified for character device",
  ],
  [
    "<devices><serial type='pty'><target type='isa-serial'><model name='foo'/></target></serial></devices>",
    67,
    "unsupported configuration: unknown target model 'foo' specified for character device",
  ],
  [
    "<devices><serial type='tcp'><source host='a' service='1'/><protocol type='foo'/></serial></devices>",
    27,
    "XML error: Invalid value for attribute 'type' in element 'protocol': 'foo'.",
  ],
  [
    "<devices><serial type='pty'><log file='/a'/><log file='/b'/></serial></devices>",
    27,
    'XML error: only one log element is allowed for character device',
  ],
  [
    "<devices><serial type='tcp'><source host='a' service='1'/><protocol type='raw'/><protocol type='raw'/></serial></devices>",
    27,
    'XML error: only one protocol element is allowed for character device',
  ],
  ['<on_crash>x</on_crash>', 67, 'unsupported configuration: unknown on_crash action: x'],
  ['<on_poweroff>x</on_poweroff>', 67, 'unsupported configuration: unknown on_poweroff action: x'],
  ['<on_reboot>x</on_reboot>', 67, 'unsupported configuration: unknown on_reboot action: x'],
  [
    '<on_poweroff>coredump-destroy</on_poweroff>',
    67,
    "unsupported configuration: Lifecycle event 'poweroff' doesn't support 'coredump-destroy' action",
  ],
  ['<on_lockfailure>x</on_lockfailure>', 67, 'unsupported configuration: unknown on_lockfailure action: x'],
  ["<devices><input type='foo'/></devices>", 67, "unsupported configuration: unknown input device type 'foo'"],
  ['<devices><input/></devices>', 1, 'internal error: missing input device type'],
  ["<devices><input type='mouse' bus='foo'/></devices>", 67, "unsupported configuration: unknown input bus type 'foo'"],
  [
    "<devices><input type='mouse' bus='virtio' model='foo'/></devices>",
    67,
    "unsupported configuration: unknown input model 'foo'",
  ],
  ["<devices><input type='mouse' bus='xen'/></devices>", 1, 'internal error: unsupported input bus xen'],
  [
    "<devices><input type='evdev'><source dev='/x' grab='foo'/></input></devices>",
    27,
    "XML error: Invalid value for attribute 'grab' in element 'source': 'foo'.",
  ],
  [
    "<devices><redirdev bus='foo' type='spicevmc'/></devices>",
    67,
    "unsupported configuration: unknown redirdev bus 'foo'",
  ],
  [
    "<devices><redirdev bus='usb' type='foo'/></devices>",
    67,
    "unsupported configuration: unknown redirdev character device type 'foo'",
  ],
  ["<devices><redirdev bus='usb'/></devices>", 1, 'internal error: missing type in redirdev'],
  [
    "<devices><redirdev type='spicevmc'/></devices>",
    67,
    'unsupported configuration: cannot add redirected USB device: USB is disabled for this domain',
  ],
  ["<devices><hub type='foo'/></devices>", 67, "unsupported configuration: unknown hub device type 'foo'"],
  ['<devices><hub/></devices>', 1, 'internal error: missing hub device type'],
  ["<devices><panic model='foo'/></devices>", 67, "unsupported configuration: unknown panic model 'foo'"],
  ['<devices><panic/><panic/></devices>', 27, "XML error: Multiple panic devices with model 'default'"],
  [
    "<devices><panic model='isa'/><panic model='isa'/></devices>",
    27,
    "XML error: Multiple panic devices with model 'isa'",
  ],
  [
    "<devices><tpm model='foo'/></devices>",
    27,
    "XML error: Invalid value for attribute 'model' in element 'tpm': 'foo'.",
  ],
  ['<devices><tpm/></devices>', 27, 'XML error: missing TPM device backend'],
  [
    "<devices><tpm><backend type='foo'/></tpm></devices>",
    27,
    "XML error: Invalid value for attribute 'type' in element 'backend': 'foo'.",
  ],
  [
    "<devices><tpm model='tpm-tis'><backend type='emulator' version='x'/></tpm></devices>",
    27,
    "XML error: Invalid value for attribute 'version' in element 'backend': 'x'.",
  ],
  [
    "<devices><tpm><backend type='emulator'/><backend type='emulator'/></tpm></devices>",
    27,
    'XML error: only one TPM backend is supported',
  ],
  [
    "<devices><tpm><backend type='external'/></tpm></devices>",
    27,
    'XML error: missing external TPM backend source type',
  ],
  [
    "<devices><tpm><backend type='external'><source type='unix' mode='connect'/></backend></tpm></devices>",
    27,
    'XML error: missing socket path for external TPM device',
  ],
  [
    "<devices><rng model='foo'/></devices>",
    27,
    "XML error: Invalid value for attribute 'model' in element 'rng': 'foo'.",
  ],
  ["<devices><rng model='virtio'/></devices>", 27, 'XML error: only one RNG backend is supported'],
  [
    "<devices><rng model='virtio'><backend model='foo'/></rng></devices>",
    27,
    "XML error: Invalid value for attribute 'model' in element 'backend': 'foo'.",
  ],
  [
    "<devices><rng model='virtio'><backend model='random'/><backend model='random'/></rng></devices>",
    27,
    'XML error: only one RNG backend is supported',
  ],
  ["<devices><rng model='virtio'><backend model='egd'/></rng></devices>", 27, 'XML error: missing EGD backend type'],
  [
    "<devices><rng model='virtio'><backend model='egd' type='foo'/></rng></devices>",
    67,
    "unsupported configuration: unknown backend type 'foo' for egd",
  ],
  ['<devices><rng/></devices>', 27, "XML error: Missing required attribute 'model' in element 'rng'"],
  ['<devices><sound/></devices>', 27, "XML error: Missing required attribute 'model' in element 'sound'"],
  [
    "<devices><sound model='foo'/></devices>",
    27,
    "XML error: Invalid value for attribute 'model' in element 'sound': 'foo'.",
  ],
  [
    "<devices><sound model='ich6'><codec type='foo'/></sound></devices>",
    67,
    "unsupported configuration: unknown codec type 'foo'",
  ],
  ['<devices><watchdog/></devices>', 27, "XML error: Missing required attribute 'model' in element 'watchdog'"],
  [
    "<devices><watchdog model='foo'/></devices>",
    27,
    "XML error: Invalid value for attribute 'model' in element 'watchdog': 'foo'.",
  ],
  [
    "<devices><watchdog model='itco' action='foo'/></devices>",
    27,
    "XML error: Invalid value for attribute 'action' in element 'watchdog': 'foo'.",
  ],
  [
    "<devices><video><model type='foo'/></video></devices>",
    27,
    "XML error: Invalid value for attribute 'type' in element 'model': 'foo'.",
  ],
  [
    "<devices><video><model type='qxl' heads='x'/></video></devices>",
    27,
    "XML error: Invalid value for attribute 'heads' in element 'model': 'x'. Expected non-negative integer value",
  ],
  [
    "<devices><video><model type='vga'><acceleration accel2d='foo'/></model></video></devices>",
    27,
    "XML error: Invalid value for attribute 'accel2d' in element 'acceleration': 'foo'.",
  ],
  [
    "<devices><video><model type='vga'><resolution x='1'/></model></video></devices>",
    27,
    "XML error: Missing required attribute 'y' in element 'resolution'",
  ],
  [
    "<devices><video><model type='none'/></video><video/></devices>",
    67,
    "unsupported configuration: a 'none' video type must be the only video device defined for the domain",
  ],
  [
    "<devices><video><model type='vga' primary='yes'/></video><video><model type='vga' primary='yes'/></video></devices>",
    67,
    'unsupported configuration: Only one primary video device is supported',
  ],
  [
    "<devices><video><driver name='foo'/></video></devices>",
    27,
    "XML error: Invalid value for attribute 'name' in element 'driver': 'foo'.",
  ],
  [
    "<devices><video><model type='virtio'><acceleration accel3d='yes' rendernode='/x'/></model></video></devices>",
    67,
    "unsupported configuration: unsupported rendernode accel attribute without 'vhostuser'",
  ],
  [
    "<devices><memory model='foo'/></devices>",
    27,
    "XML error: Invalid value for attribute 'model' in element 'memory': 'foo'.",
  ],
  ['<devices><memory/></devices>', 27, "XML error: Missing required attribute 'model' in element 'memory'"],
  ["<devices><memory model='dimm'/></devices>", 27, 'XML error: missing <target> element for <memory> device'],
  [
    "<devices><memory model='dimm'><target/></memory></devices>",
    27,
    "XML error: missing element or attribute './size'",
  ],
  [
    "<devices><memory model='dimm'><target><size>1024</size><node>5</node></target></memory></devices>",
    35,
    "can't add memory backend as guest has no NUMA nodes configured",
  ],
  [
    "<devices><memory model='nvdimm'><target><size>1024</size></target></memory></devices>",
    35,
    "path is required for model 'nvdimm'",
  ],
  [
    "<devices><memory model='nvdimm'><source><path>/x</path></source><target><size>1024</size><label><size>4096</size></label></target></memory></devices>",
    27,
    'XML error: label size must be smaller than NVDIMM size',
  ],
  [
    "<devices><memory model='virtio-mem'><target><size>1024</size><block>2048</block><requested>5</requested></target></memory></devices>",
    35,
    'requested size must be an integer multiple of block size',
  ],
  [
    "<devices><memory model='virtio-mem'><target><size>1024</size></target></memory></devices>",
    35,
    'block size must be a power of two',
  ],
  [
    "<devices><memory model='dimm' access='foo'><target><size>1024</size></target></memory></devices>",
    27,
    "XML error: Invalid value for attribute 'access' in element 'memory': 'foo'.",
  ],
  [
    "<devices><memory model='dimm' discard='foo'><target><size>1024</size></target></memory></devices>",
    27,
    "XML error: Invalid value for attribute 'discard' in element 'memory': 'foo'.",
  ],
  ['<devices><filesystem/></devices>', 19, 'missing source information for device'],
  ["<devices><filesystem><source dir='/a'/></filesystem></devices>", 20, 'missing target information for device /a'],
  ["<devices><filesystem><target dir='/a'/></filesystem></devices>", 19, 'missing source information for device /a'],
  [
    "<devices><filesystem type='foo'/></devices>",
    27,
    "XML error: Invalid value for attribute 'type' in element 'filesystem': 'foo'.",
  ],
  [
    "<devices><filesystem accessmode='foo'><source dir='/a'/><target dir='b'/></filesystem></devices>",
    27,
    "XML error: Invalid value for attribute 'accessmode' in element 'filesystem': 'foo'.",
  ],
  [
    "<devices><filesystem type='ram'><source usage='x'/><target dir='b'/></filesystem></devices>",
    27,
    "XML error: cannot parse usage 'x' for RAM filesystem",
  ],
  [
    "<devices><filesystem type='ram'><target dir='b'/></filesystem></devices>",
    27,
    "XML error: missing 'usage' attribute for RAM filesystem",
  ],
  [
    "<devices><filesystem fmode='9' ><source dir='/a'/><target dir='b'/></filesystem></devices>",
    27,
    "XML error: Invalid value for attribute 'fmode' in element 'filesystem': '9'. Expected non-negative integer value",
  ],
  [
    "<devices><filesystem dmode='77777' ><source dir='/a'/><target dir='b'/></filesystem></devices>",
    27,
    "XML error: invalid dmode: '077777'",
  ],
  [
    "<devices><filesystem><source dir='/a'/><target dir='b'/><driver type='virtiofs'/><binary><thread_pool size='x'/></binary></filesystem></devices>",
    27,
    "XML error: cannot parse thread pool size 'x' for virtiofs",
  ],
  [
    "<devices><filesystem multidevs='foo'><source dir='/a'/><target dir='b'/></filesystem></devices>",
    27,
    "XML error: Invalid value for attribute 'multidevs' in element 'filesystem': 'foo'.",
  ],
  [
    "<devices><filesystem><source dir='/a'/><target dir='b'/><driver type='foo'/></filesystem></devices>",
    27,
    "XML error: Invalid value for attribute 'type' in element 'driver': 'foo'.",
  ],
  ['<devices><lease/></devices>', 27, "XML error: Missing 'key' element for lease"],
  ['<devices><lease><lockspace>a</lockspace></lease></devices>', 27, "XML error: Missing 'key' element for lease"],
  [
    '<devices><lease><lockspace>a</lockspace><key>b</key></lease></devices>',
    27,
    "XML error: Missing 'target' element for lease",
  ],
  [
    '<devices><lease><lockspace>a</lockspace><key>b</key><target/></lease></devices>',
    27,
    "XML error: Missing 'path' attribute to 'target' element for lease",
  ],
  [
    "<devices><lease><lockspace>a</lockspace><key>b</key><target path='/x' offset='q'/></lease></devices>",
    27,
    "XML error: Invalid value for attribute 'offset' in element 'target': 'q'. Expected non-negative integer value",
  ],
  ['<devices><shmem/></devices>', 27, "XML error: shmem element must contain 'name' attribute"],
  ["<devices><shmem name='a/b'/></devices>", 67, "unsupported configuration: shmem name cannot include '/' character"],
  [
    "<devices><shmem name='a'><model type='foo'/></shmem></devices>",
    27,
    "XML error: Invalid value for attribute 'type' in element 'model': 'foo'.",
  ],
  [
    "<devices><shmem name='a'><msi vectors='x'/></shmem></devices>",
    27,
    "XML error: Invalid value for attribute 'vectors' in element 'msi': 'x'. Expected non-negative integer value",
  ],
  [
    "<devices><vsock model='foo'/></devices>",
    27,
    "XML error: Invalid value for attribute 'model' in element 'vsock': 'foo'.",
  ],
  [
    "<devices><vsock model='virtio'><cid address='1'/></vsock></devices>",
    67,
    'unsupported configuration: guest CIDs must be >= 3',
  ],
  [
    "<devices><vsock model='virtio'><cid auto='x'/></vsock></devices>",
    27,
    "XML error: Invalid value for attribute 'auto' in element 'cid': 'x'.",
  ],
  ['<devices><iommu/></devices>', 27, "XML error: Missing required attribute 'model' in element 'iommu'"],
  [
    "<devices><iommu model='foo'/></devices>",
    27,
    "XML error: Invalid value for attribute 'model' in element 'iommu': 'foo'.",
  ],
  [
    "<devices><iommu model='intel'><driver aw_bits='x'/></iommu></devices>",
    27,
    "XML error: Invalid value for attribute 'aw_bits' in element 'driver': 'x'. Expected non-negative integer value",
  ],
  ['<devices><smartcard/></devices>', 27, "XML error: Missing required attribute 'mode' in element 'smartcard'"],
  [
    "<devices><smartcard mode='foo'/></devices>",
    27,
    "XML error: Invalid value for attribute 'mode' in element 'smartcard': 'foo'.",
  ],
  [
    "<devices><smartcard mode='host-certificates'/></devices>",
    27,
    'XML error: host-certificates mode needs exactly three certificates',
  ],
  [
    "<devices><smartcard mode='host-certificates'><certificate>a</certificate><certificate>b</certificate><certificate>c</certificate><database>x</database></smartcard></devices>",
    27,
    'XML error: expecting absolute path: x',
  ],
  [
    "<devices><smartcard mode='passthrough'/></devices>",
    27,
    'XML error: passthrough mode requires a character device type attribute',
  ],
  [
    "<devices><smartcard mode='passthrough' type='foo'/></devices>",
    67,
    'unsupported configuration: unknown type presented to host for character device: foo',
  ],
  ['<devices><graphics/></devices>', 27, "XML error: Missing required attribute 'type' in element 'graphics'"],
  [
    "<devices><graphics type='foo'/></devices>",
    27,
    "XML error: Invalid value for attribute 'type' in element 'graphics': 'foo'.",
  ],
  ["<devices><graphics type='vnc' port='x'/></devices>", 1, 'internal error: cannot parse vnc port x'],
  [
    "<devices><graphics type='vnc' websocket='x'/></devices>",
    27,
    "XML error: Invalid value for attribute 'websocket' in element 'graphics': 'x'. Expected integer value",
  ],
  [
    "<devices><graphics type='vnc' sharePolicy='x'/></devices>",
    27,
    "XML error: Invalid value for attribute 'sharePolicy' in element 'graphics': 'x'.",
  ],
  [
    "<devices><graphics type='vnc'><listen type='foo'/></graphics></devices>",
    27,
    "XML error: Invalid value for attribute 'type' in element 'listen': 'foo'.",
  ],
  [
    "<devices><graphics type='vnc'><listen/></graphics></devices>",
    27,
    "XML error: Missing required attribute 'type' in element 'listen'",
  ],
  [
    "<devices><graphics type='vnc'><listen type='network'/></graphics></devices>",
    27,
    "XML error: 'network' attribute is required for listen type 'network'",
  ],
  [
    "<devices><graphics type='spice' tlsPort='x'/></devices>",
    27,
    "XML error: Invalid value for attribute 'tlsPort' in element 'graphics': 'x'. Expected integer value",
  ],
  [
    "<devices><graphics type='spice' defaultMode='x'/></devices>",
    27,
    "XML error: Invalid value for attribute 'defaultMode' in element 'graphics': 'x'.",
  ],
  [
    "<devices><graphics type='spice'><channel/></graphics></devices>",
    27,
    "XML error: Missing required attribute 'name' in element 'channel'",
  ],
  [
    "<devices><graphics type='spice'><channel name='main' mode='x'/></graphics></devices>",
    27,
    "XML error: Invalid value for attribute 'mode' in element 'channel': 'x'.",
  ],
  [
    "<devices><graphics type='spice'><channel name='x' mode='any'/></graphics></devices>",
    27,
    "XML error: Invalid value for attribute 'name' in element 'channel': 'x'.",
  ],
  [
    "<devices><graphics type='spice'><image/></graphics></devices>",
    27,
    "XML error: Missing required attribute 'compression' in element 'image'",
  ],
  [
    "<devices><graphics type='spice'><image compression='x'/></graphics></devices>",
    27,
    "XML error: Invalid value for attribute 'compression' in element 'image': 'x'.",
  ],
  [
    "<devices><graphics type='spice'><mouse mode='x'/></graphics></devices>",
    27,
    "XML error: Invalid value for attribute 'mode' in element 'mouse': 'x'.",
  ],
  [
    "<devices><graphics type='vnc' passwd='a' passwdValidTo='x'/></devices>",
    1,
    "internal error: cannot parse password validity time 'x', expect YYYY-MM-DDTHH:MM:SS",
  ],
  [
    "<devices><graphics type='sdl' fullscreen='x'/></devices>",
    27,
    "XML error: Invalid value for attribute 'fullscreen' in element 'graphics': 'x'.",
  ],
  [
    "<devices><graphics type='spice'><gl rendernode='/x'/></graphics></devices>",
    27,
    "XML error: Missing required attribute 'enable' in element 'gl'",
  ],
  [
    "<devices><graphics type='dbus' p2p='yes' address='x'/></devices>",
    27,
    'XML error: D-Bus p2p with an address is not supported',
  ],
  [
    "<devices><graphics type='vnc' listen='1.2.3.4'><listen type='address' address='1.2.3.5'/></graphics></devices>",
    67,
    "unsupported configuration: graphics 'listen' attribute '1.2.3.4' must match 'address' attribute of first listen element (found '1.2.3.5')",
  ],
  ["<devices><audio id='1'/></devices>", 27, "XML error: Missing required attribute 'type' in element 'audio'"],
  [
    "<devices><audio id='0' type='none'/></devices>",
    27,
    "XML error: Invalid value for attribute 'id' in element 'audio': Zero is not permitted",
  ],
  [
    "<devices><audio id='1' type='foo'/></devices>",
    27,
    "XML error: Invalid value for attribute 'type' in element 'audio': 'foo'.",
  ],
  [
    "<devices><audio id='1' type='none'/><audio id='1' type='none'/></devices>",
    27,
    'XML error: audio ID 1 is used multiple times',
  ],
]

const networks: readonly Row[] = [
  [
    "<forward mode='bridge'/><bridge name='b' delay='3'/>",
    27,
    "XML error: bridge delay/stp/zone options only allowed in open, route, nat, and isolated mode, not in bridge (network 'a')",
  ],
  [
    "<forward mode='bridge'/><bridge name='b' stp='on'/>",
    27,
    "XML error: bridge delay/stp/zone options only allowed in open, route, nat, and isolated mode, not in bridge (network 'a')",
  ],
  [
    "<forward mode='bridge'/><bridge name='b' stp='off'/>",
    27,
    "XML error: bridge delay/stp/zone options only allowed in open, route, nat, and isolated mode, not in bridge (network 'a')",
  ],
  [
    "<forward mode='bridge'/><bridge name='b' zone='x'/>",
    27,
    "XML error: bridge delay/stp/zone options only allowed in open, route, nat, and isolated mode, not in bridge (network 'a')",
  ],
  [
    "<forward mode='bridge' dev='eth0'/><bridge name='b'/>",
    27,
    "XML error: A network with forward mode='bridge' can specify a bridge name or a forward dev, but not both (network 'a')",
  ],
  [
    "<forward mode='vepa' dev='eth0'/><bridge name='b'/>",
    27,
    "XML error: bridge name not allowed in vepa mode (network 'a')",
  ],
  [
    "<forward mode='vepa' dev='eth0'/><bridge zone='b'/>",
    27,
    "XML error: bridge zone not allowed in vepa mode (network 'a')",
  ],
  [
    "<forward mode='vepa' dev='eth0'/><mtu size='9000'/>",
    27,
    "XML error: mtu size only allowed in open, route, nat, and isolated mode, not in vepa (network 'a')",
  ],
  [
    "<forward mode='bridge'/><bridge name='x'/><mtu size='9000'/>",
    27,
    "XML error: mtu size only allowed in open, route, nat, and isolated mode, not in bridge (network 'a')",
  ],
  ['<virtualport/>', 27, 'XML error: missing required virtualport type'],
  [
    "<forward mode='bridge'/><bridge name='x'/><virtualport><parameters managerid='1' profileid='x'/></virtualport>",
    27,
    'XML error: missing required virtualport type',
  ],
  [
    "<forward mode='nat'><interface dev='a'/><interface dev='b'/></forward><ip address='1.2.3.4' prefix='24'/>",
    27,
    "XML error: multiple forwarding interfaces specified for network 'a', only one is supported",
  ],
  [
    "<forward mode='nat'><interface dev='a'/><interface dev='a'/></forward><ip address='1.2.3.4' prefix='24'/>",
    27,
    "XML error: interface 'a' can only be listed once in network a",
  ],
  [
    "<forward mode='nat'><interface/></forward><ip address='1.2.3.4' prefix='24'/>",
    27,
    'XML error: Missing required dev attribute in <forward> <interface> element of network a',
  ],
  [
    "<forward mode='hostdev'><address type='pci' domain='0' bus='0' slot='0' function='0'/><address type='pci' domain='0' bus='0' slot='0' function='0'/></forward>",
    27,
    "XML error: PCI device '0000:00:00.0' can only be listed once in network a",
  ],
  [
    "<forward mode='hostdev'><address type='usb'/></forward>",
    67,
    "unsupported configuration: unknown address type 'usb' in network a",
  ],
  ["<forward mode='hostdev'><address/></forward>", 27, 'XML error: missing address type in network a'],
  [
    "<forward mode='hostdev'><address type='pci' slot='99'/></forward>",
    27,
    "XML error: Invalid PCI address slot='0x63', must be <= 0x1F",
  ],
  [
    "<forward mode='hostdev' dev='x'><address type='pci' slot='9'/></forward>",
    27,
    "XML error: the <forward> 'dev' attribute cannot be used when <address> or <pf> sub-elements are present in network a",
  ],
  [
    "<forward mode='hostdev'><pf dev='x'/><pf dev='y'/></forward>",
    27,
    'XML error: Only one <pf> element is allowed in <forward> of network a',
  ],
  [
    "<forward mode='hostdev' dev='a'><pf dev='x'/></forward>",
    27,
    "XML error: the <forward> 'dev' attribute cannot be used when <address> or <pf> sub-elements are present in network a",
  ],
  [
    "<forward mode='hostdev'><pf/></forward>",
    27,
    "XML error: Missing required dev attribute in <pf> element of network 'a'",
  ],
  [
    "<forward mode='nat'><nat/><nat/></forward><ip address='1.2.3.4' prefix='24'/>",
    27,
    'XML error: Only one <nat> element is allowed in <forward> of network a',
  ],
  [
    "<forward mode='nat'><nat><address start='1.2.3.4'/></nat></forward><ip address='1.2.3.4' prefix='24'/>",
    27,
    "XML error: missing 'end' attribute in <address> element in <nat> in <forward> in network a",
  ],
  [
    "<forward mode='nat'><nat><address end='1.2.3.4'/></nat></forward><ip address='1.2.3.4' prefix='24'/>",
    27,
    "XML error: missing 'start' attribute in <address> element in <nat> in <forward> in network a",
  ],
  [
    "<forward mode='nat'><nat><address start='1.2.3.4' end='1.2.3.3'/></nat></forward><ip address='1.2.3.4' prefix='24'/>",
    1,
    'internal error: range 1.2.3.4 - 1.2.3.3 is reversed',
  ],
  [
    "<forward mode='nat'><nat><address start='x' end='1.2.3.3'/></nat></forward><ip address='1.2.3.4' prefix='24'/>",
    27,
    "XML error: Bad ipv4 start address 'x' in <nat> in <forward> in network 'a'",
  ],
  [
    "<forward mode='nat'><nat><address start='1.2.3.3' end='::1'/></nat></forward><ip address='1.2.3.4' prefix='24'/>",
    27,
    "XML error: Bad ipv4 end address '::1' in <nat> in <forward> in network 'a'",
  ],
  [
    "<forward mode='nat'><nat><address start='1.2.3.3' end='1.2.3.5'/><address start='1.2.3.3' end='1.2.3.5'/></nat></forward><ip address='1.2.3.4' prefix='24'/>",
    27,
    'XML error: Only one <address> element is allowed in <nat> in <forward> in network a',
  ],
  [
    "<forward mode='nat'><nat><port start='5' end='4'/></nat></forward><ip address='1.2.3.4' prefix='24'/>",
    35,
    "Missing or invalid 'end' attribute in <port> in <nat> in <forward> in network a",
  ],
  [
    "<forward mode='nat'><nat><port start='5'/></nat></forward><ip address='1.2.3.4' prefix='24'/>",
    35,
    "Missing or invalid 'end' attribute in <port> in <nat> in <forward> in network a",
  ],
  [
    "<forward mode='nat'><nat><port end='5'/></nat></forward><ip address='1.2.3.4' prefix='24'/>",
    35,
    "Missing or invalid 'start' attribute in <port> in <nat> in <forward> in network a",
  ],
  [
    "<bandwidth classID='5'><inbound average='5'/></bandwidth>",
    35,
    'classID attribute not supported on <bandwidth> in this usage context',
  ],
  [
    "<bandwidth><inbound floor='5'/></bandwidth>",
    67,
    'unsupported configuration: floor attribute is not supported for this config',
  ],
  [
    "<bandwidth><inbound average='1' floor='5'/></bandwidth>",
    67,
    'unsupported configuration: floor attribute is not supported for this config',
  ],
  ['<bandwidth><inbound/></bandwidth>', 35, 'Missing mandatory average or floor attributes'],
  ["<bandwidth><inbound peak='1'/></bandwidth>", 35, 'Missing mandatory average or floor attributes'],
  [
    "<bandwidth><outbound floor='1'/></bandwidth>",
    67,
    'unsupported configuration: floor attribute is not supported for this config',
  ],
  [
    "<bandwidth><outbound average='1' floor='1'/></bandwidth>",
    67,
    'unsupported configuration: floor attribute is not supported for this config',
  ],
  [
    "<bandwidth><inbound average='x'/></bandwidth>",
    27,
    "XML error: Invalid value for attribute 'average' in element 'inbound': 'x'. Expected non-negative integer value",
  ],
  [
    "<portgroup name='x'><bandwidth classID='4'/></portgroup>",
    35,
    'classID attribute not supported on <bandwidth> in this usage context',
  ],
  [
    "<portgroup name='x'><bandwidth><inbound average='5' floor='1'/></bandwidth></portgroup>",
    67,
    'unsupported configuration: floor attribute is not supported for this config',
  ],
  [
    "<vlan trunk='no'><tag id='1' nativeMode='tagged'/></vlan>",
    27,
    'XML error: invalid configuration in <vlan> - "trunk=\'no\'" is not allowed with a native vlan id',
  ],
  [
    "<vlan trunk='no'><tag id='1'/><tag id='2'/></vlan>",
    27,
    "XML error: invalid \"trunk='no'\" in <vlan> - trunk='yes' is required for more than one vlan tag",
  ],
  ["<vlan trunk='x'><tag id='1'/></vlan>", 27, 'XML error: invalid "trunk=\'x\'" in <vlan> - must be yes or no'],
  ["<vlan><tag id='4096'/></vlan>", 27, 'XML error: vlan tag id 4096 too large (maximum 4095)'],
  ['<vlan><tag/></vlan>', 27, "XML error: Missing required attribute 'id' in element 'tag'"],
  [
    "<vlan><tag id='x'/></vlan>",
    27,
    "XML error: Invalid value for attribute 'id' in element 'tag': 'x'. Expected non-negative integer value",
  ],
  [
    "<vlan><tag id='1' nativeMode='x'/></vlan>",
    27,
    "XML error: Invalid value for attribute 'nativeMode' in element 'tag': 'x'.",
  ],
  ['<vlan/>', 27, "XML error: missing tag id - each <vlan> must have at least one <tag id='n'/> subelement"],
  [
    "<domain register='yes'/>",
    67,
    "unsupported configuration: attribute 'register=yes' in <domain> element requires 'localOnly=yes' in network a",
  ],
  [
    "<domain name='x' localOnly='no' register='yes'/>",
    67,
    "unsupported configuration: attribute 'register=yes' in <domain> element requires 'localOnly=yes' in network a",
  ],
  [
    "<domain name='x' localOnly='q'/>",
    27,
    "XML error: Invalid value for attribute 'localOnly' in element 'domain': 'q'.",
  ],
  ["<bridge delay='x'/>", 27, "XML error: Invalid delay value in network 'a'"],
  ["<bridge delay='-1'/>", 27, "XML error: Invalid delay value in network 'a'"],
  ["<bridge macTableManager='x'/>", 27, "XML error: Invalid macTableManager setting 'x' in network 'a'"],
  [
    "<forward mode='vepa'><interface dev='x'/></forward><bridge macTableManager='libvirt'/>",
    27,
    "XML error: bridge macTableManager setting not allowed in vepa mode (network 'a')",
  ],
  ["<mtu size='x'/>", 27, "XML error: Invalid mtu size 'x' in network 'a'"],
  ["<mac address='x'/>", 27, "XML error: Invalid bridge mac address 'x' in network 'a'"],
  [
    "<mac address='01:00:00:00:00:00'/>",
    27,
    "XML error: Invalid multicast bridge mac address '01:00:00:00:00:00' in network 'a'",
  ],
  ["<portgroup default='yes'/>", 27, 'XML error: Missing required name attribute in portgroup'],
  [
    "<portgroup name='a' trustGuestRxFilters='x'/>",
    27,
    "XML error: Invalid value for attribute 'trustGuestRxFilters' in element 'portgroup': 'x'.",
  ],
  ["<forward mode='route'/>", 27, "XML error: route forwarding requested, but no IP address provided for network 'a'"],
  ["<forward mode='open' dev='x'/>", 27, "XML error: forward dev not allowed for network 'a' with forward mode='open'"],
  [
    "<forward mode='open'><interface dev='x'/></forward>",
    27,
    "XML error: forward dev not allowed for network 'a' with forward mode='open'",
  ],
  [
    "<forward mode='nat' dev='x'><interface dev='y'/></forward><ip address='1.2.3.4' prefix='24'/>",
    27,
    "XML error: <forward dev='x'> must match first <interface dev='y'/> in network a",
  ],
  [
    "<forward mode='route'><nat/></forward><ip address='1.2.3.4' prefix='24'/>",
    27,
    "XML error: The <nat> element can only be used when <forward> 'mode' is 'nat' in network a",
  ],
  ["<forward mode='q'/>", 67, "unsupported configuration: unknown forwarding type 'q'"],
  [
    "<forward mode='hostdev'><driver name='q'/></forward>",
    27,
    "XML error: Invalid value for attribute 'name' in element 'driver': 'q'.",
  ],
  ["<port isolated='q'/>", 27, "XML error: Invalid value for attribute 'isolated' in element 'port': 'q'."],
  [
    "<route address='1.2.3.0' prefix='24' gateway='1.2.3.4'/>",
    67,
    "unsupported configuration: unreachable static route gateway '1.2.3.4' specified for network 'a'",
  ],
  [
    "<ip address='1.2.3.1' prefix='24'/><route address='2.2.3.0' prefix='24' gateway='1.2.3.4' metric='0'/>",
    27,
    "XML error: Invalid value for attribute 'metric' in element 'route': Zero is not permitted",
  ],
  ['<uuid>x</uuid>', 1, 'internal error: malformed uuid element'],
]

function refused(parse: () => unknown): unknown {
  try {
    parse()
  } catch (error) {
    if (error instanceof VirtError) return [error.number, error.message.trimEnd()]
    throw error
  }
  return 'taken'
}

describe('a wrong definition', () => {
  it.each(domains)('of a domain with %s is refused in libvirt’s words', (inside, number, message) => {
    const os = "<os><type arch='x86_64' machine='pc'>hvm</type></os>"
    const text = `<domain type='test'><name>a</name><memory>8192</memory><vcpu>4</vcpu>${os}${inside}</domain>`
    expect(refused(() => domain.parse(text, { inactive: true }))).toEqual([number, message])
  })

  it.each(networks)('of a network with %s is refused in libvirt’s words', (inside, number, message) => {
    const text = `<network><name>a</name>${inside}</network>`
    expect(refused(() => network.parse(text, { inactive: true }))).toEqual([number, message])
  })
})
