// SPDX-License-Identifier: LGPL-2.1-or-later
// The connection, and the host behind it.
import { access, constants, readFile } from 'node:fs/promises'
import { freemem, hostname } from 'node:os'
import { type Capabilities, type CapabilitiesGuest, capabilities, domainCapabilities } from '@virt/conf'
import { ErrorDomain, type Resolvers, type SlotMethods, type SlotTable, systemFailure } from '@virt/core'
import { HostFiles, hostTopology, readNodeInfo, readPageSizes } from '@virt/linux'
import { guestOf } from '../capabilities/guest.js'
import { programMeant } from '../capabilities/lookup.js'
import { domainCapabilitiesOf } from '../domain-capabilities/document.js'
import { invalidArg } from '../errors.js'
import type { QemuState } from '../state.js'

export const hostSupport: SlotTable = {
  connectGetType: {},
  connectGetVersion: {},
  connectGetLibVersion: {},
  connectGetHostname: {},
  connectGetMaxVcpus: {},
  connectGetCapabilities: {},
  // Features that are deprecated are those of other architectures' processors.
  connectGetDomainCapabilities: { flags: 1, fn: 'qemuConnectGetDomainCapabilities' },
  connectSupportsFeature: {},
  nodeGetInfo: {},
  nodeGetFreeMemory: {},
}

const libVersion = 11_003_000
/**
 * Migration: protocols 2 and 3, peer to peer, protected from changes, with documents made for it, of definitions alone, with
 * typed parameters. Beside it typed strings in parameters, programs with keepalive, events by callback, and the right order of
 * network updates.
 */
const features: ReadonlySet<number> = new Set([3, 4, 6, 7, 9, 11, 12, 13, 14, 15, 16])
/** What is said of guests that are emulated. */
const emulatedMaxCpus = 16
const kvmDevice = '/dev/kvm'
/** What KVM allows a guest where nobody has asked it. */
const kvmMaxCpus = 4096

/** What guests there can be; programs that do not answer are left out. */
async function guestsOf({ programs, services }: QemuState): Promise<CapabilitiesGuest[]> {
  const found = await Promise.all(
    programs.served().map(async ({ arch, binary }) => {
      try {
        return guestOf(await programs.get(binary), arch)
      } catch (error) {
        services.log.warn(`${binary}: ${(error as Error).message}`)
        return undefined
      }
    }),
  )
  return found.filter((guest) => guest !== undefined)
}

export function hostSlots(state: QemuState): SlotMethods & Resolvers {
  const files = new HostFiles()
  const { programs, services } = state

  const capabilitiesDocument = async (): Promise<Capabilities> => {
    const { topology, ...rest } = await hostTopology(files)
    const { cpu = { arch: programs.arch, features: [] } } = await state.processor()
    const sizes = await readPageSizes(files)
    const targets = await state.sleep.targets()
    return {
      host: {
        uuid: await state.hostUuid,
        cpu: { ...cpu, pages: sizes.map((size) => ({ unit: 'KiB', size })) },
        powerManagement: {
          suspendMem: targets.has('mem'),
          suspendDisk: targets.has('disk'),
          suspendHybrid: targets.has('hybrid'),
        },
        iommu: { support: (await files.names('/sys/kernel/iommu_groups')).length > 0 },
        migrationFeatures: { live: true, uriTransports: ['tcp', 'rdma'].map((name) => ({ name })) },
        topology,
        securityModels: state.security.models,
        ...rest,
      },
      guests: await guestsOf(state),
    }
  }

  return {
    connectGetType: () => 'QEMU',
    async connectGetVersion() {
      const binary = programs.forArch(programs.arch)
      return binary === undefined ? 0 : (await programs.get(binary)).version
    },
    connectGetLibVersion: () => libVersion,
    connectGetHostname: () => hostname(),
    async connectGetMaxVcpus(_call, type) {
      const kind = type ?? 'qemu'
      // parity: it is no machine's number.
      if (/^qemu$/i.test(kind)) return emulatedMaxCpus
      if (!/^kvm$/i.test(kind)) throw invalidArg(`unknown type '${kind}'`)
      await access(kvmDevice, constants.R_OK).catch((error: unknown) => {
        throw systemFailure(error, ErrorDomain.NONE, `Unable to open ${kvmDevice}`)
      })
      return kvmMaxCpus
    },
    connectGetCapabilities: async () => capabilities.print(await capabilitiesDocument()),
    async connectGetDomainCapabilities(_call, emulator, arch, machine, virtType) {
      const { caps, virtType: type } = await programMeant(state, { emulator, arch, machine, virtType })
      return domainCapabilities.print(
        domainCapabilitiesOf(caps, type, machine, {
          arch: arch ?? caps.arch,
          processor: await state.processor(),
          firmwares: state.firmwares,
          tpmVersions: [],
          kvmMaxCpus,
          sevGuests: undefined,
        }),
      )
    },
    connectSupportsFeature: (_call, feature) => (features.has(feature) ? 1 : 0),
    nodeGetInfo: () => readNodeInfo(files, programs.arch),
    nodeGetFreeMemory: async () => {
      const text = await readFile('/proc/meminfo', 'utf8').catch(() => '')
      const line = /^MemFree:\s*(\d+) kB/m.exec(text)?.[1]
      if (line === undefined) {
        services.log.debug('no /proc/meminfo')
        return BigInt(freemem())
      }
      return BigInt(line) * 1024n
    },
  }
}
