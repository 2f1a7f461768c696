// SPDX-License-Identifier: LGPL-2.1-or-later
// One error class for everything: libvirt's number, domain, text and all its fields.
import {
  type ErrorCode,
  ErrorDomain,
  ErrorLevel,
  ErrorNumber,
  errorDomainLabels,
  errorRows,
} from './error-table.gen.js'

/** Codes of faults that only a client can see; on the wire and in `number` they are libvirt's RPC error. */
export type LocalErrorCode = 'connection-lost' | 'connection-closed' | 'timeout' | 'aborted' | 'protocol-error'

const brand = Symbol.for('@virt/error')
const byNumber = new Map(errorRows.map((row) => [row[0], row]))
const numberOf = new Map<string, number>(errorRows.map((row) => [row[1], row[0]]))
const labels = new Map(errorDomainLabels)

/** All that a VirtError can carry beyond its message. */
export interface VirtErrorFields {
  /** Stable code; derived from `number` when absent. */
  code?: ErrorCode | LocalErrorCode
  /** `virErrorNumber`. */
  number?: number
  /** `virErrorDomain`. */
  domain?: number
  /** `virErrorLevel`, 2 (error) by default. */
  level?: number
  str1?: string | undefined
  str2?: string | undefined
  str3?: string | undefined
  int1?: number
  int2?: number
  /** Public function or procedure that failed. */
  op?: string
  /** What it failed on, for people. */
  object?: string
  /** What to do about it, or more of what happened; never sent over the wire. */
  details?: string
  cause?: unknown
}

/**
 * An error of libvirt or of this implementation. Test it with `isVirtError` or `instanceof`;
 * both work across duplicate installs. Compare `code`, never the message.
 * @since 0.1.0
 */
export class VirtError extends Error {
  override name = 'VirtError'
  readonly code: ErrorCode | LocalErrorCode
  readonly number: number
  readonly domain: number
  readonly level: number
  readonly str1: string | undefined
  readonly str2: string | undefined
  readonly str3: string | undefined
  readonly int1: number
  readonly int2: number
  readonly op: string | undefined
  readonly object: string | undefined
  readonly details: string | undefined

  constructor(message: string, fields: VirtErrorFields = {}) {
    super(message, fields.cause === undefined ? undefined : { cause: fields.cause })
    this.number = fields.number ?? numberOf.get(fields.code ?? '') ?? (isLocalCode(fields.code) ? ErrorNumber.RPC : 1)
    this.code = fields.code ?? byNumber.get(this.number)?.[1] ?? 'internal-error'
    this.domain = fields.domain ?? ErrorDomain.NONE
    this.level = fields.level ?? ErrorLevel.ERROR
    this.str1 = fields.str1
    this.str2 = fields.str2
    this.str3 = fields.str3
    this.int1 = fields.int1 ?? -1
    this.int2 = fields.int2 ?? -1
    this.op = fields.op
    this.object = fields.object
    this.details = fields.details
    Object.defineProperty(this, brand, { value: true })
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return isVirtError(value)
  }

  /** Name of the subsystem the error came from, as libvirt prints it (`virErrorDomain`). */
  get domainLabel(): string {
    return labels.get(this.domain) ?? ''
  }
}

function isLocalCode(code: string | undefined): boolean {
  return code !== undefined && !numberOf.has(code)
}

/** Whether `value` is a VirtError of any copy of this package. */
export function isVirtError(value: unknown): value is VirtError {
  return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[brand] === true
}

/** Whether the error says that an object does not exist (domain, network, pool, volume, …). */
export function isNotFound(value: unknown): boolean {
  return (
    isVirtError(value) &&
    /^no-(domain|network|storage-pool|storage-vol|node-device|interface|secret|nwfilter|domain-snapshot|domain-checkpoint|network-port|nwfilter-binding|domain-metadata)/.test(
      value.code,
    )
  )
}

/** Whether the error says that the driver or the peer does not offer the call. */
export function isUnsupported(value: unknown): boolean {
  return (
    isVirtError(value) &&
    (value.code === 'no-support' || value.code === 'operation-unsupported' || value.code === 'argument-unsupported')
  )
}

/** Whether the same call may succeed later: lost connections, time-outs, busy objects. */
export function isRetryable(value: unknown): boolean {
  return (
    isVirtError(value) &&
    ['connection-lost', 'timeout', 'operation-timeout', 'resource-busy', 'agent-unresponsive'].includes(value.code)
  )
}

/**
 * Makes an error as libvirt's own reporting does: `message` is the code's text with the detail filled in,
 * `str1` the template, `str2` the detail.
 * @param number `virErrorNumber`
 * @param domain `virErrorDomain`
 * @param detail what `%s` of the code's text becomes; absent for the plain text
 */
export function virtError(number: number, domain: number, detail?: string, fields: VirtErrorFields = {}): VirtError {
  const row = byNumber.get(number)
  const template = detail === undefined ? row?.[2] : row?.[3]
  if (detail === undefined) {
    const message = template ?? 'unknown error'
    return new VirtError(message, { number, domain, str1: message, ...fields })
  }
  const form = template ?? '%s'
  // Texts that are translated number what they are filled with.
  const str1 = form === '%s' ? form : form.replace('%s', '%1$$s')
  return new VirtError(
    form.replace('%s', () => detail),
    { number, domain, str1, str2: detail, ...fields },
  )
}

/** `VIR_ERR_SYSTEM_ERROR`: `int1` is the errno, the text ends with the system's own. */
export function systemError(errno: number, domain: number, detail: string, reason: string): VirtError {
  return virtError(ErrorNumber.SYSTEM_ERROR, domain, `${detail}: ${reason}`, { int1: errno })
}

/** The one error of an absent slot: the public function's name is part of the text. */
export function noSupport(publicName: string, domain: number = ErrorDomain.NONE): VirtError {
  return virtError(ErrorNumber.NO_SUPPORT, domain, publicName, { op: publicName })
}
