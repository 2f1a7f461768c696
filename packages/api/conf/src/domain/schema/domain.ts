// SPDX-License-Identifier: LGPL-2.1-or-later
// <domain>: the root, in the order libvirt prints it.
import { ErrorNumber } from '@virt/core'
import {
  attr,
  child,
  children,
  type Element,
  element,
  extension,
  leaf,
  opaque,
  scaled,
  wrapped,
} from '../../lang/field.js'
import { absolutePath, except, nameWithSlash, within } from '../../lang/forms.js'
import { inKiB } from '../../lang/scale.js'
import { int, oneOf, text, token, uint, uuid, type Value } from '../../lang/value.js'
import type { PrintContext } from '../../runtime/context.js'
import type { Console, Devices, Domain } from '../types.gen.js'
import { channel, console as consoleDevice, parallel, serial } from './chardev.js'
import { controller } from './controller.js'
import { cpu } from './cpu.js'
import { internal, unsupported } from './device.js'
import {
  crypto,
  filesystem,
  hub,
  idmap,
  input,
  iommu,
  memballoon,
  memoryDevice,
  nvramDevice,
  panic,
  pstore,
  redirdev,
  redirfilter,
  rng,
  shmem,
  smartcard,
  tpm,
  vsock,
  watchdog,
} from './devices.js'
import { disk, lease, throttleGroup } from './disk.js'
import { clock, features, keywrap, launchSecurity, perf } from './features.js'
import { graphics } from './graphics.js'
import { hostdev } from './hostdev.js'
import { domainInterface } from './interface.js'
import { os, pm, sysinfo } from './os.js'
import { audio, sound, video } from './sound.js'
import {
  badAmount,
  blkiotune,
  cputune,
  defaultIothread,
  iothreadId,
  isChosen,
  maxMemory,
  memory,
  memoryBacking,
  memtune,
  numatune,
  resource,
  seclabel,
  vcpu,
  vcpuEntry,
} from './tune.js'

export const domainType: Value = oneOf(
  'none',
  'qemu',
  'kqemu',
  'kvm',
  'xen',
  'lxc',
  'uml',
  'openvz',
  'test',
  'vmware',
  'hyperv',
  'vbox',
  'phyp',
  'parallels',
  'bhyve',
  'vz',
  'hvf',
)
export const lifecycleAction: Value = oneOf(
  'destroy',
  'restart',
  'rename-restart',
  'preserve',
  'coredump-destroy',
  'coredump-restart',
)

const unknownAction = (event: string) => ({ number: unsupported, message: `unknown ${event} action: %s` })

/** The first console of a full machine is its first serial port, whatever that has become. */
function shownConsoles(devices: Devices, context: PrintContext): readonly Console[] {
  const [first, ...others] = devices.consoles ?? []
  const [port] = devices.serials ?? []
  const hvm = (context.parents[0] as { os?: { type?: { type?: string } } } | undefined)?.os?.type?.type === 'hvm'
  if (!first || !port || !hvm || first.target?.type !== 'serial') return devices.consoles ?? []
  return [{ ...port, tty: first.tty, target: { type: 'serial', port: port.target?.port } }, ...others]
}

export const devices: Element = element('devices', {
  emulator: leaf(absolutePath),
  disks: children(disk),
  controllers: children(controller),
  leases: children(lease),
  filesystems: children(filesystem),
  interfaces: children(domainInterface),
  smartcards: children(smartcard),
  serials: children(serial),
  parallels: children(parallel),
  consoles: children(consoleDevice).show(shownConsoles),
  channels: children(channel),
  inputs: children(input),
  tpms: children(tpm),
  graphics: children(graphics),
  sounds: children(sound),
  audios: children(audio),
  videos: children(video),
  hostdevs: children(hostdev),
  redirdevs: children(redirdev),
  redirfilter: child(redirfilter).once(internal('only one set of redirection filter rule is supported')),
  hubs: children(hub),
  watchdogs: children(watchdog),
  memballoon: child(memballoon).once(internal('only a single memory balloon device is supported')),
  rngs: children(rng),
  nvram: child(nvramDevice).once(internal('only a single nvram device is supported')),
  panics: children(panic),
  shmems: children(shmem),
  memorys: children(memoryDevice),
  iommu: child(iommu).once('only a single IOMMU device is supported'),
  vsock: child(vsock).once('only a single vsock device is supported'),
  cryptos: children(crypto),
  pstore: child(pstore).once('only a single pstore device is supported'),
}).keepOpen()

export const domain: Element = element('domain', {
  type: attr(except(domainType, 'none', 'parallels')).late(),
  id: attr(within(int, 0, 0xffffffff))
    .when('live')
    .lax(),
  name: leaf({ ...nameWithSlash, parse: token.parse }).required({ number: ErrorNumber.NO_NAME, message: '' }),
  uuid: leaf(uuid).bad({ number: ErrorNumber.INTERNAL_ERROR, message: 'malformed uuid element' }),
  genid: leaf({ ...uuid, strict: (raw) => raw === '' || uuid.strict?.(raw) === true })
    .whenEmpty('')
    .bad({ number: ErrorNumber.INTERNAL_ERROR, message: 'malformed genid element' })
    .once("element 'genid' can only appear once"),
  title: leaf(nameWithSlash),
  description: leaf(text),
  metadata: opaque(),
  maxMemory: child(maxMemory),
  memory: child(memory),
  currentMemory: scaled(inKiB).bad(badAmount('currentMemory')),
  blkiotune: child(blkiotune),
  memtune: child(memtune),
  memoryBacking: child(memoryBacking),
  vcpu: child(vcpu),
  vcpus: wrapped('vcpus', vcpuEntry),
  iothreads: leaf(uint).omit(0).bad({ number: ErrorNumber.XML_ERROR, message: "invalid iothreads count '%s'" }),
  iothreadids: wrapped('iothreadids', iothreadId).if((domain: Domain) => domain.iothreadids.some(isChosen)),
  defaultiothread: child(defaultIothread),
  cputune: child(cputune),
  numatune: child(numatune),
  resource: child(resource),
  sysinfos: children(sysinfo),
  bootloader: leaf(text),
  bootloader_args: leaf(text),
  os: child(os),
  idmap: child(idmap),
  features: child(features),
  cpu: child(cpu),
  clock: child(clock),
  on_poweroff: leaf(except(lifecycleAction, 'coredump-destroy', 'coredump-restart')).bad(unknownAction('on_poweroff')),
  on_reboot: leaf(except(lifecycleAction, 'coredump-destroy', 'coredump-restart')).bad(unknownAction('on_reboot')),
  on_crash: leaf(lifecycleAction).bad(unknownAction('on_crash')),
  on_lockfailure: leaf(oneOf('default', 'poweroff', 'restart', 'pause', 'ignore'))
    .omit('default')
    .bad(unknownAction('on_lockfailure')),
  pm: child(pm),
  perf: child(perf),
  throttlegroups: wrapped('throttlegroups', throttleGroup),
  devices: child(devices),
  seclabels: children(seclabel),
  keywrap: child(keywrap),
  launchSecurity: child(launchSecurity),
  privateData: extension('domain').when('status'),
}).namespaces()
