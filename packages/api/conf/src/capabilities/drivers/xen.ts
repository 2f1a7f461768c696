// SPDX-License-Identifier: LGPL-2.1-or-later
// What guests of Xen can have, by the kind of their machine.
import type { DomainCapabilities } from '../types.gen.js'
import { lacking, noCpuModes, noFeatures, offered } from './parts.js'

/** What is asked about, and what the host has. */
export interface XenCapabilityHost {
  /** Path of the device model. */
  readonly emulator: string
  readonly arch: string
  /** `xenpv`, `xenpvh` or `xenfv`. */
  readonly machine: string
  /** Images of firmware that are installed. */
  readonly firmwares: readonly string[]
}

/** Virtual processors of a guest that is virtualized by hardware, and of one that knows of Xen. */
const most = { hvm: 128, pv: 512 }

/**
 * The document of `virConnectGetDomainCapabilities` of the Xen driver.
 * @since 0.1.0
 */
export function xenDomainCapabilities(host: XenCapabilityHost): DomainCapabilities {
  const { machine } = host
  // Both kinds that know of Xen are entered without firmware.
  const loads = machine !== 'xenpv' && machine !== 'xenpvh'
  return {
    path: host.emulator,
    domain: 'xen',
    machine,
    arch: host.arch,
    vcpu: { max: machine === 'xenfv' ? most.hvm : most.pv },
    iothreads: { supported: false },
    os: {
      supported: true,
      enums: [],
      loader: loads
        ? { ...offered({ type: ['rom', 'pflash'], readonly: ['yes'] }), values: [...host.firmwares] }
        : { ...lacking, values: [] },
    },
    cpu: { modes: noCpuModes() },
    devices: {
      disk: offered({ diskDevice: ['disk', 'cdrom'], bus: ['ide', 'scsi', 'xen'], model: [] }),
      graphics: offered({ type: ['sdl', 'vnc', 'spice'] }),
      video: offered({ modelType: ['vga', 'cirrus', 'xen'] }),
      // parity: of devices of the host, nothing is said for `xenpvh`.
      ...(machine === 'xenpvh'
        ? {}
        : {
            hostdev: offered({
              mode: ['subsystem'],
              startupPolicy: ['default', 'mandatory', 'requisite', 'optional'],
              subsysType: ['usb', 'pci'],
              capsType: [],
              pciBackend: ['xen'],
            }),
          }),
    },
    features: noFeatures(),
  }
}
