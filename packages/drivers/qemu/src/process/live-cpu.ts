// SPDX-License-Identifier: LGPL-2.1-or-later
// The processor of a guest that runs: what its QEMU has made of the one that was asked for. The document has that one, for a guest must not
// see another where it goes on; the one that was asked for is kept beside it.
import { type Cpu, cpuModels, type Domain } from '@virt/conf'
import type { Json } from '@virt/core'
import type { QemuDomain } from '../domain/record.js'
import { type CpuidLeaf, leavesOf } from '../monitor/feature-words.js'
import type { QemuState } from '../state.js'
import type { Run } from './run.js'

const architectures: ReadonlySet<string> = new Set(['x86_64', 'i686'])

/** A document with the processor that a guest has elsewhere. */
export interface Arriving {
  readonly document: Domain
  /** The one that was asked for there. */
  readonly asked: Cpu | undefined
}

/** A guest's document where the guest goes on that had a processor of which a host knows more than the document says. */
export function withLiveCpu(document: Domain, live: Cpu | undefined): Arriving {
  const { cpu } = document
  if (live === undefined || cpu === undefined || cpu.mode === 'host-passthrough') return { document, asked: undefined }
  return { document: withCpu(document, live), asked: cpu }
}

/** The document with the processor that was asked for: other hosts work out for themselves what comes of it. */
export function asAsked(domain: QemuDomain, document: Domain = domain.def): Domain {
  const asked = domain.run?.facts.askedCpu
  return asked === undefined ? document : withCpu(document, asked)
}

/** Where memory is, is no matter of the processor, though it stands there. */
function withCpu(document: Domain, { numa: _numa, ...cpu }: Cpu): Domain {
  const numa = document.cpu?.numa
  return { ...document, cpu: { ...cpu, ...(numa === undefined ? {} : { numa }) } }
}

/** What has come of the processor that was asked for; undefined when it is as it was asked for. */
export function liveCpuOf(domain: QemuDomain): Cpu | undefined {
  const { cpu } = domain.def
  if (domain.run?.facts.askedCpu === undefined || cpu === undefined) return undefined
  const { numa: _numa, ...live } = cpu
  return live
}

function dataOf(words: Json): cpuModels.CpuData {
  const leaf = ({ eaxIn, ecxIn, ...registers }: CpuidLeaf) => ({ leaf: eaxIn, sub: ecxIn, ...registers })
  return { kind: 'x86', cpuid: leavesOf(words).map(leaf), msr: [] }
}

/**
 * Asks QEMU what has come of the processor.
 * @param path of the first processor among QEMU's objects
 * @throws VirtError `operation-failed` when it is not what it has to be (`check='full'`)
 */
export async function takeLiveCpu(state: QemuState, domain: QemuDomain, run: Run, path: string): Promise<void> {
  const { cpu, os } = domain.def
  const arch = os?.type?.arch ?? ''
  if (cpu?.model === undefined || !architectures.has(arch)) return
  if (cpu.mode !== 'custom' && cpu.check !== 'full') return
  const ask = (property: string) => ({ execute: 'qom-get', arguments: { path, property } })
  const answers = await Promise.all(
    run.monitor.commands([ask('feature-words'), ask('filtered-features')]),
    // Not every machine has such processors.
  ).catch(() => undefined)
  if (answers === undefined) return
  const [enabled, disabled] = answers as [Json, Json]
  const live = cpuModels.updateLive(arch, cpu, dataOf(enabled), dataOf(disabled))
  if (live === undefined) return
  const same = JSON.stringify(live.features ?? []) === JSON.stringify(cpu.features ?? [])
  if (!same) run.facts.askedCpu ??= cpu
  state.domains.change(domain, () => {
    domain.def = { ...domain.def, cpu: { ...live, check: 'full' } }
  })
}
