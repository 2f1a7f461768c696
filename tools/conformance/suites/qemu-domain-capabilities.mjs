// SPDX-License-Identifier: GPL-2.0-or-later
// What guests can have.
import { bhyveDomainCapabilities, domainCapabilities, xenDomainCapabilities } from '@virt/conf'
import {
  domainCapabilitiesOf,
  interopFolders,
  parseFirmware,
  probeRecording,
  Recording,
  readInterop,
} from '@virt/qemu/testing'
import { inScratch, unpackTree } from '../src/tree.mjs'

export const names = ['domaincaps']

/** The processor of the simulated host of an architecture. */
function processorOf({ hostCpus, host }, arch) {
  const name = /^(?:x86_64|i686)$/.test(arch) ? 'Broadwell' : arch === 'ppc64' ? 'POWER8' : arch
  const { model, vendor, features = [] } = hostCpus[name] ?? {}
  const cpu = {
    arch,
    features: features.map((one) => ({ name: one })),
    pages: [],
    ...(model ? { model } : {}),
    ...(vendor ? { vendor } : {}),
  }
  return { arch, cpu, addressBits: host.physAddrBits[arch.startsWith('s390') ? 's390' : 'default'] }
}

/** AMD's leaf 8000001F: how many guests can be encrypted, and the least number of those without their registers. */
function sevGuests({ cpuid_8000001F: { ecx, edx } }) {
  return { most: ecx - edx + 1, mostEs: edx - 1 }
}

async function firmwaresOf(tree) {
  return inScratch(async (folder) => {
    unpackTree(tree, folder)
    return (await readInterop(interopFolders('firmware', true, folder), parseFirmware, () => {})).map(
      ({ value }) => value,
    )
  })
}

/** Documents of drivers that need no probing. */
const plain = {
  bhyve: bhyveDomainCapabilities,
  libxl: xenDomainCapabilities,
}

export const suites = {
  domaincaps: {
    facts: [
      'environment',
      'driver',
      'emulator',
      'machine',
      'arch',
      'virtType',
      'swtpmVersions',
      'loaderValues',
      'capsReplies',
      'firmwareTree',
      'firmwares',
      'bhyveCaps',
    ],
    run(c, { check, files }) {
      return check.role('document', 'expectedXml', async () => {
        if (c.driver !== 'qemu') {
          const { emulator, arch, machine, firmwares, bhyveCaps = [] } = c
          return domainCapabilities.print(
            plain[c.driver]({
              emulator,
              arch,
              machine: machine ?? undefined,
              firmwares: firmwares ?? [],
              has: (name) => bhyveCaps.includes(name),
            }),
          )
        }
        const environment = files.json(c.environment)
        const recording = new Recording(files.text(c.capsReplies))
        const caps = await probeRecording(recording, {
          binary: c.emulator,
          hvf: c.virtType === 'hvf' || /\+hvf/.test(c.capsReplies),
        })
        const found = domainCapabilitiesOf(caps, c.virtType, c.machine ?? undefined, {
          processor: processorOf(environment, c.arch),
          firmwares: await firmwaresOf(files.json(c.firmwareTree)),
          tpmVersions: c.swtpmVersions,
          kvmMaxCpus: environment.host.kvmMaxVcpus,
          sevGuests: sevGuests(environment.host),
        })
        // The suite has names of files of its own, and a host with VFIO.
        found.devices.hostdev.enums.find(({ name }) => name === 'pciBackend').values = ['default', 'vfio']
        const loader = { ...found.os.loader, values: c.loaderValues }
        return domainCapabilities.print({ ...found, os: { ...found.os, loader } })
      })
    },
  },
}
