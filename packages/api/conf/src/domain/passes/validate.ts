// SPDX-License-Identifier: LGPL-2.1-or-later
// Rules over the whole domain.
import { ErrorNumber } from '@virt/core'
import { readSet } from '../../lang/value.js'
import type { Pass } from '../../runtime/context.js'
import type { Domain } from '../types.gen.js'
import { eachDevice, pass } from './devices.js'
import { detailError, fail, unsupported, xmlError } from './report.js'
import { checkFirmware } from './validate-firmware.js'

const firmware = pass('firmware', checkFirmware)

const boot = pass('boot menu', ({ os }) => {
  const timeout = os?.bootmenu?.timeout
  if (timeout !== undefined && timeout > 65535)
    unsupported('invalid value for boot menu timeout, must be in range [0,65535]')
  const reboot = os?.bios?.rebootTimeout
  if (reboot !== undefined && (reboot < -1 || reboot > 65535))
    unsupported('invalid value for rebootTimeout, must be in range [-1,65535]')
})

const hugepages = pass('hugepages', (domain) => {
  const pages = domain.memoryBacking?.hugepages?.pages ?? []
  const cells = domain.cpu?.numa?.cells.length ?? 0
  let master: bigint | undefined
  for (const page of pages) {
    if (page.nodeset === undefined || (cells === 0 && page.nodeset === '0')) {
      if (master !== undefined) detailError(`two master hugepages detected: ${page.size} and ${master}`)
      master = page.size ?? 0n
      continue
    }
    const beyond = (readSet(page.nodeset) ?? []).find((node) => node >= Math.max(cells, cells === 0 ? 1 : 0))
    if (beyond !== undefined) detailError(`hugepages: node ${beyond} not found`)
  }
})

const numatune = pass('numatune', (domain) => {
  const tune = domain.numatune
  if (!tune || tune.memnodes.length === 0) return
  const cells = domain.cpu?.numa?.cells.length ?? 0
  if (tune.memory?.placement === 'auto')
    unsupported('Per-node binding is not compatible with automatic NUMA placement.')
  if (cells === 0) xmlError("Element 'memnode' is invalid without any guest NUMA cells")
  const seen = new Set<number>()
  for (const { cellid, mode } of tune.memnodes) {
    if (cellid >= cells) xmlError(`Argument 'cellid' in memnode element must correspond to existing guest's NUMA cell`)
    if (seen.has(cellid)) xmlError(`Multiple memnode elements with cellid ${cellid}`)
    seen.add(cellid)
    if (tune.memory === undefined) continue
    if (tune.memory.mode === 'restrictive' && mode !== 'restrictive')
      xmlError("'restrictive' mode is required in memnode element when mode is 'restrictive' in memory element")
    if (mode === 'restrictive' && tune.memory.mode !== 'restrictive')
      xmlError("'restrictive' mode is required in memory element when mode is 'restrictive' in memnode element")
  }
})

const iothreads = pass('iothread scheduling', (domain) => {
  const known = new Set(domain.iothreadids.map(({ id }) => id))
  for (const { iothreads } of domain.cputune?.iothreadscheds ?? [])
    for (const id of readSet(iothreads ?? '') ?? []) if (!known.has(id)) unsupported(`Cannot find 'iothread' : ${id}`)
  for (const { iothread } of domain.cputune?.iothreadpins ?? [])
    if (!known.has(iothread)) unsupported(`Cannot find 'iothread' : ${iothread}`)
})

const vcpus = pass('vcpu scheduling', (domain) => {
  const count = domain.vcpu?.count ?? 1
  for (const { vcpus } of domain.cputune?.vcpuscheds ?? []) {
    const beyond = (readSet(vcpus ?? '') ?? []).find((id) => id >= count)
    if (beyond !== undefined) unsupported(`vCPU '${beyond}' is not present in domain definition`)
  }
})

interface Labelled {
  seclabels?: readonly { model?: string; label?: string; relabel?: boolean }[]
}

function checkLabels({ seclabels }: Labelled): void {
  if (seclabels === undefined || seclabels.length === 0) return
  const models = new Set<string | undefined>()
  for (const { model, label, relabel } of seclabels) {
    if (seclabels.length > 1 && model === undefined) xmlError('missing security model when using multiple labels')
    if (models.has(model)) xmlError('missing security model when using multiple labels')
    models.add(model)
    if (label !== undefined && relabel === false)
      xmlError(`Cannot specify a label if relabelling is turned off. model=${model ?? 'NULL'}`)
    if (label === undefined && relabel === true)
      xmlError(`Cannot specify relabel if label is missing. model=${model ?? 'NULL'}`)
  }
}

const seclabels = pass('device labels', (domain) => {
  eachDevice(domain, (device) => {
    const { source, sources } = device as { source?: Labelled; sources?: Labelled[] }
    checkLabels(device as Labelled)
    if (source !== undefined) checkLabels(source)
    if (sources !== undefined) for (const one of sources) checkLabels(one)
  })
})

const features = pass('features', (domain) => {
  if (domain.features?.ps2?.state === false && domain.devices?.inputs.some((input) => input.bus === 'ps2'))
    unsupported('ps2 bus inputs require the ps2 feature not to be disabled')
  const { state, size = 0 } = domain.features?.kvm?.['dirty-ring'] ?? {}
  if (state === true && ((size & (size - 1)) !== 0 || size < 1024 || size > 65536))
    xmlError('dirty ring must be power of 2 and ranges [1024, 65536]')
})

const aliases = pass('aliases', (domain) => {
  const seen = new Set<string>()
  eachDevice(domain, ({ alias }) => {
    // Others than the user's own are the driver's to give.
    if (!alias?.startsWith('ua-')) return
    if (seen.has(alias)) unsupported(`non unique alias detected: ${alias}`)
    seen.add(alias)
  })
})

const throttling = pass('throttle groups', (domain) => {
  const names = new Set<string>()
  for (const group of domain.throttlegroups) {
    if (group.group_name === undefined) xmlError('missing group name')
    if (names.has(group.group_name)) xmlError(`duplicate group name '${group.group_name}' found`)
    names.add(group.group_name)
  }
  for (const disk of domain.devices?.disks ?? []) {
    if (disk.throttlefilters.length === 0) continue
    if (disk.iotune)
      fail(
        ErrorNumber.OPERATION_UNSUPPORTED,
        `block 'throttlefilters' can't be used together with 'iotune' for disk '${disk.target?.dev}'`,
      )
    for (const { group } of disk.throttlefilters) if (!names.has(group)) xmlError(`throttle group '${group}' not found`)
  }
})

const iommu = pass('interrupts of the IOMMU', ({ devices, features }) => {
  const { intremap, eim } = devices?.iommu?.driver ?? {}
  if (intremap === true && features?.ioapic !== 'qemu')
    unsupported("IOMMU interrupt remapping requires split I/O APIC (ioapic driver='qemu')")
  if (eim === true && intremap !== true) unsupported('IOMMU eim requires interrupt remapping to be enabled')
})

export const domainRules: readonly Pass<Domain>[] = [
  firmware,
  boot,
  features,
  hugepages,
  numatune,
  iothreads,
  vcpus,
  seclabels,
  throttling,
  iommu,
  aliases,
]
