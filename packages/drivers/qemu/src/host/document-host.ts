// SPDX-License-Identifier: LGPL-2.1-or-later
// The host as definitions of guests see it.
import { readFileSync, readlinkSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { QemuCapabilities, QemuFirmware, QemuHost } from '@virt/conf'
import type { QemuCaps } from '../capabilities/caps.js'
import { capabilitiesForDocuments } from '../capabilities/conf.js'
import type { DriverPaths } from './paths.js'
import type { Programs } from './programs.js'
import type { Settings } from './settings.js'

/** What definitions are completed by, besides programs. */
export interface DocumentHostOptions {
  readonly programs: Programs
  readonly paths: DriverPaths
  readonly settings: () => Settings
  readonly firmwares: () => readonly QemuFirmware[]
  /** Told of programs that nothing is known of. */
  readonly missing: MissingPrograms
}

/** Image and variables of firmware that no descriptor tells of. */
const loaders: QemuHost['settings']['loaders'] = ['OVMF_CODE.fd', 'OVMF_CODE.secboot.fd'].map((name) => ({
  path: `/usr/share/OVMF/${name}`,
  nvram: '/usr/share/OVMF/OVMF_VARS.fd',
}))

const answers = new WeakMap<QemuCaps, QemuCapabilities>()

function answersOf(caps: QemuCaps): QemuCapabilities {
  let known = answers.get(caps)
  if (known === undefined) {
    known = capabilitiesForDocuments(caps)
    answers.set(caps, known)
  }
  return known
}

type PciPlace = Parameters<QemuHost['isExpress']>[0]

function deviceFolder({ domain, bus, slot, function: fn }: PciPlace): string {
  const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0')
  return join('/sys/bus/pci/devices', `${hex(domain, 4)}:${hex(bus, 2)}:${hex(slot, 2)}.${hex(fn, 1)}`)
}

/** Whether a PCI device's list of capabilities has that of PCI Express. */
function isExpress(place: PciPlace): boolean | undefined {
  let config: Buffer
  try {
    config = readFileSync(join(deviceFolder(place), 'config'))
  } catch {
    return undefined
  }
  const byte = (at: number): number => config[at] ?? 0
  if ((byte(6) & 0x10) === 0) return false
  const seen = new Set<number>()
  for (let at = byte(0x34); at !== 0 && !seen.has(at); at = byte(at + 1)) {
    if (byte(at) === 0x10) return true
    seen.add(at)
  }
  return false
}

/** Programs that documents named and of which nothing is known yet. */
export class MissingPrograms {
  #names = new Set<string>()

  add(binary: string): void {
    this.#names.add(binary)
  }

  /** Whether there are any since it was asked last. */
  get any(): boolean {
    return this.#names.size > 0
  }

  /** Those since it was asked last. */
  take(): string[] {
    if (!this.any) return []
    const names = [...this.#names]
    this.#names = new Set()
    return names
  }
}

/** The host, for definitions. */
export function documentHost({ programs, paths, settings, firmwares, missing }: DocumentHostOptions): QemuHost {
  return {
    arch: programs.arch,
    environment: process.env,
    settings: {
      nvramDir: join(paths.lib, 'nvram'),
      channelTargetDir: paths.channels,
      libDir: paths.lib,
      get memoryBackingDir() {
        return settings().memory_backing_dir ?? join(paths.lib, 'ram')
      },
      get nogfxAllowHostAudio() {
        return settings().nographics_allow_host_audio
      },
      get vncAllowHostAudio() {
        return settings().vnc_allow_host_audio
      },
      firmwares,
      loaders,
    },
    emulator: (arch) => programs.forArch(arch),
    capabilities(domain) {
      const binary = domain.devices?.emulator
      if (binary === undefined) return undefined
      const caps = programs.known(binary)
      if (caps !== undefined) return answersOf(caps)
      missing.add(binary)
      return undefined
    },
    isExpress,
    iommuGroup(place) {
      try {
        return Number(basename(readlinkSync(join(deviceFolder(place), 'iommu_group'))))
      } catch {
        return undefined
      }
    },
  }
}
