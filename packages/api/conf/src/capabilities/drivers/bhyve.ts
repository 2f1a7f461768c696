// SPDX-License-Identifier: LGPL-2.1-or-later
// What guests of bhyve can have.
import type { DomainCapabilities } from '../types.gen.js'
import { lacking, noCpuModes, noFeatures, offered } from './parts.js'

/** What is asked about, and what the host has. */
export interface BhyveCapabilityHost {
  /** Path of the program. */
  readonly emulator: string
  readonly arch: string
  readonly machine?: string | undefined
  /** `lpc-bootrom`: it boots from firmware; `fbuf`: it has a frame buffer. */
  has(capability: string): boolean
  /** Images of firmware that are installed. */
  readonly firmwares: readonly string[]
}

/**
 * The document of `virConnectGetDomainCapabilities` of the bhyve driver.
 * @since 0.1.0
 */
export function bhyveDomainCapabilities(host: BhyveCapabilityHost): DomainCapabilities {
  const loads = host.has('lpc-bootrom')
  const shows = host.has('fbuf')
  return {
    path: host.emulator,
    domain: 'bhyve',
    machine: host.machine,
    arch: host.arch,
    iothreads: { supported: false },
    os: {
      supported: true,
      enums: [],
      loader: loads
        ? { ...offered({ type: ['pflash'], readonly: ['yes'] }), values: [...host.firmwares] }
        : { ...lacking, values: [] },
    },
    cpu: { modes: noCpuModes() },
    devices: {
      disk: offered({ diskDevice: ['disk', 'cdrom'], bus: ['virtio', 'sata'], model: [] }),
      graphics: shows ? offered({ type: ['vnc'] }) : lacking,
      video: shows ? offered({ modelType: ['gop'] }) : lacking,
      hostdev: lacking,
    },
    features: noFeatures(),
  }
}
