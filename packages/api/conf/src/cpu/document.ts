// SPDX-License-Identifier: LGPL-2.1-or-later
// Processors as documents of their own.
import { ErrorDomain, ErrorNumber } from '@virt/core'
import type { CpuInput } from '../domain/inputs.gen.js'
import { cpu as guestRoot } from '../domain/schema/cpu.js'
import type { Cpu } from '../domain/types.gen.js'
import { type DocumentKind, documentKind, type ParseOptions } from '../runtime/document.js'
import type { XmlTree } from '../runtime/tree.js'
import { parseTree } from '../runtime/tree-read.js'
import { type AnyCpu, cpuError, isHostCpu } from './definition.js'
import type { HostCpuInput } from './inputs.gen.js'
import type { CpuData } from './models.js'
import { hostCpu as hostRoot } from './schema.js'
import type { HostCpu } from './types.gen.js'
import { printX86Data, readX86Data } from './x86/data.js'

/** `<cpu>` of a host: its architecture, model and features. */
export const hostCpu: DocumentKind<HostCpu, HostCpuInput> = documentKind<HostCpu, HostCpuInput>({
  root: hostRoot,
  domain: ErrorDomain.CPU,
})

/** `<cpu>` of a guest on its own. */
export const guestCpu: DocumentKind<Cpu, CpuInput> = documentKind<Cpu, CpuInput>({
  root: guestRoot,
  domain: ErrorDomain.CPU,
})

function cpuTree(text: string): XmlTree {
  const tree = parseTree(text, ErrorDomain.CPU)
  if (tree.name !== 'cpu') throw cpuError(ErrorNumber.XML_ERROR, "XML does not contain expected 'cpu' element")
  return tree
}

/** Reads a host's `<cpu>`. @throws VirtError as `hostCpu.parse`, with libvirt's words for another element @since 0.1.0 */
export function parseHostCpu(text: string, options: ParseOptions = {}): HostCpu {
  cpuTree(text)
  return hostCpu.parse(text, options)
}

/**
 * Reads a `<cpu>` that may be a host's or a guest's: a host's has an `<arch>`.
 * @throws VirtError as `hostCpu.parse` and `guestCpu.parse`
 * @since 0.1.0 (`virCPUDefParseXML` of type auto)
 */
export function parseCpu(text: string, options: ParseOptions = {}): AnyCpu {
  const { attributes, children } = cpuTree(text)
  const isHost = children.some((one) => typeof one !== 'string' && one.name === 'arch')
  if (!isHost) return guestCpu.parse(text, options)
  if (attributes.match !== undefined)
    throw cpuError(ErrorNumber.XML_ERROR, "'arch' element cannot be used inside 'cpu' element with 'match' attribute'")
  return hostCpu.parse(text, options)
}

/** Prints a processor of either kind. */
export function printCpu(cpu: AnyCpu): string {
  return isHostCpu(cpu) ? hostCpu.print(cpu) : guestCpu.print(cpu)
}

/**
 * Reads `<cpudata>`, the data of a processor.
 * @throws VirtError internal error: not of its form; no-support: of an architecture without such a document
 * @since 0.1.0 (`virCPUDataParse`)
 */
export function parseCpuData(text: string): CpuData {
  const tree = parseTree(text, ErrorDomain.XML)
  const { arch } = tree.attributes
  if (arch === undefined) throw cpuError(ErrorNumber.INTERNAL_ERROR, 'missing CPU data architecture')
  if (arch === 'x86') return readX86Data(tree)
  if (['ppc64', 'arm', 's390', 'riscv64', 'loongarch'].includes(arch))
    throw cpuError(ErrorNumber.NO_SUPPORT, `cannot parse ${arch} CPU data`)
  throw cpuError(ErrorNumber.INTERNAL_ERROR, `CPU driver '${arch}' does not exist`)
}

/** Prints `<cpudata>`. @throws VirtError no-support: of an architecture without such a document (`virCPUDataFormat`) */
export function printCpuData(data: CpuData): string {
  if (data.kind !== 'x86') throw cpuError(ErrorNumber.NO_SUPPORT, `cannot format ${data.kind} CPU data`)
  return printX86Data(data)
}
