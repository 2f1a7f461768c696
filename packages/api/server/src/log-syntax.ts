// SPDX-License-Identifier: LGPL-2.1-or-later
// Filters and outputs of a log as libvirt writes them: `1:qemu 3:rpc.*` and `1:file:/var/log/virtd.log 3:stderr`.
import { isAbsolute, resolve } from 'node:path'
import { ErrorDomain, ErrorNumber, type VirtError, virtError } from '@virt/core'

/** 1 debug, 2 info, 3 warning, 4 error. */
export type Priority = 1 | 2 | 3 | 4

/** From which priority on the messages of some sources count. */
export interface LogFilter {
  readonly priority: Priority
  /** As it was written; stands for every source that contains it, `*`, `?` and `[…]` for what a shell takes them. */
  readonly match: string
  applies(source: string): boolean
}

/** Where messages go. */
export type LogDestination =
  | { readonly kind: 'stderr' | 'journald' }
  | { readonly kind: 'syslog'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string }

/** A destination and the priority from which on it gets messages. */
export interface LogOutput {
  readonly priority: Priority
  readonly to: LogDestination
}

const invalid = (detail: string): VirtError => virtError(ErrorNumber.INVALID_ARG, ErrorDomain.NONE, detail)
const words = (text: string): string[] => text.split(' ').filter((word) => word !== '')

/** @throws VirtError `invalid-arg` for what is no priority */
export function checkPriority(value: number, complaint: (value: number) => string): Priority {
  if (!Number.isInteger(value) || value < 1 || value > 4) throw invalid(complaint(value))
  return value as Priority
}

function priorityOf(text: string, complaint: string): Priority {
  if (!/^[1-4]$/.test(text)) throw invalid(complaint)
  return Number(text) as Priority
}

/** @throws VirtError `invalid-arg` naming the part that cannot be read */
export function parseFilters(text: string): LogFilter[] {
  return words(text).map((word) => {
    // What follows a second colon says nothing, as with libvirt.
    const [given = '', text] = word.split(':')
    if (text === undefined) throw invalid(`Malformed format for filter '${word}'`)
    const priority = priorityOf(given, `Invalid priority '${given}' for filter '${word}'`)
    // A plus sign once asked for stack traces.
    const match = text.replace(/^\+/, '')
    if (match === '') throw invalid(`Invalid match string '${match}'`)
    const pattern = wildcard(`*${match}*`)
    return { priority, match, applies: (source) => pattern.test(source) }
  })
}

/** The filters as they are written. */
export function formatFilters(filters: readonly LogFilter[]): string {
  return filters.map(({ priority, match }) => `${priority}:*${match}*`).join(' ')
}

/** @throws VirtError `invalid-arg` naming the part that cannot be read */
export function parseOutputs(text: string): LogOutput[] {
  return words(text).map((word) => {
    const [given = '', kind, ...rest] = word.split(':')
    if (kind === undefined) throw invalid(`Malformed format for log output '${word}'`)
    const priority = priorityOf(given, `Invalid log priority '${given}' for log output '${word}'`)
    return { priority, to: destination(kind, rest.length === 0 ? undefined : rest.join(':'), word) }
  })
}

function destination(kind: string, data: string | undefined, word: string): LogDestination {
  const takesData = kind === 'syslog' || kind === 'file'
  if (!takesData && kind !== 'stderr' && kind !== 'journald')
    throw invalid(`Invalid log destination '${kind}' for log output '${word}'`)
  if (takesData === (data === undefined) || data === '')
    throw invalid(`Log output '${word}' does not meet the format requirements for destination type '${kind}'`)
  if (kind === 'syslog') return { kind, name: data as string }
  if (kind === 'file') return { kind, path: isAbsolute(data as string) ? (data as string) : resolve(data as string) }
  return { kind: kind as 'stderr' | 'journald' }
}

/** The outputs as they are written. */
export function formatOutputs(outputs: readonly LogOutput[]): string {
  return outputs
    .map(({ priority, to }) => {
      const data = to.kind === 'syslog' ? `:${to.name}` : to.kind === 'file' ? `:${to.path}` : ''
      return `${priority}:${to.kind}${data}`
    })
    .join(' ')
}

/** A pattern of fnmatch(3) without flags: `*` and `?` also take slashes and dots. */
function wildcard(pattern: string): RegExp {
  const text = pattern.replace(
    /\[(!?)(\]?[^\]]*)\]|[\s\S]/g,
    (one, not: string | undefined, set: string | undefined) => {
      if (set !== undefined) return set === '' ? '\\[\\]' : `[${not ? '^' : ''}${set.replace(/[\\\]^]/g, '\\$&')}]`
      if (one === '*') return '[^]*'
      if (one === '?') return '[^]'
      return one.replace(/[\\^$.|+()[\]{}]/g, '\\$&')
    },
  )
  return new RegExp(`^${text}$`)
}
