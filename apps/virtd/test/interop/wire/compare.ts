// SPDX-License-Identifier: GPL-2.0-or-later
// Whether two packets say the same, but for what no two runs have in common.
import { isVirtError } from '@virt/core'
import type { Packet } from '@virt/rpc/testing'
import { freeLeaves, freeTexts, levelTexts, unordered } from './free.js'

/** A value in one line, to be read. */
export function text(value: unknown): string {
  return (
    JSON.stringify(value, (_, v: unknown) => {
      if (typeof v === 'bigint') return String(v)
      if (v instanceof Uint8Array) return Buffer.from(v).toString('hex')
      // A Buffer has made JSON of itself by then.
      const { type, data } = (v ?? {}) as { type?: unknown; data?: number[] }
      return type === 'Buffer' && data !== undefined ? Buffer.from(data).toString('hex') : v
    }) ?? 'nothing'
  )
}

/** Fields of a body that are compared one by one. */
export function plain(body: unknown): unknown {
  if (!isVirtError(body)) return body
  const { number, domain, level, message, str1, str2, str3, int1, int2 } = body
  return { code: number, domain, level, message, str1, str2, str3, int1, int2 }
}

/** Compares the packets of a session with those of another; notes what the client has to say in the other instead of what it said in the one. */
export class Comparison {
  readonly #renamed = new Map<string, string>()
  readonly #levels: boolean

  /** @param levels whether what is compared with is of an older level of libvirt */
  constructor(levels = false) {
    this.#levels = levels
  }

  /** The packet of the client as it has to be now. */
  renamed(bytes: Buffer): Buffer {
    let hex = bytes.toString('hex')
    for (const [was, is] of this.#renamed) hex = hex.replaceAll(was, is)
    return Buffer.from(hex, 'hex')
  }

  /** Whether `is` may stand where `was` stood. */
  alike(was: Packet, is: Packet): boolean {
    const name = was.of?.name ?? `${was.program}:${was.procedure}`
    return was.type === is.type && was.status === is.status && this.#same(name, plain(was.body), plain(is.body))
  }

  #same(name: string, was: unknown, is: unknown, path = ''): boolean {
    if (typeof was === 'string' && typeof is === 'string') return was === is || this.#text(name, path, was, is)
    if (was instanceof Uint8Array && is instanceof Uint8Array) {
      const [a, b] = [Buffer.from(was).toString('hex'), Buffer.from(is).toString('hex')]
      return a === b || (this.#free(name, path) && this.#rename(a, b))
    }
    if (Array.isArray(was) && Array.isArray(is) && unordered.some((pattern) => pattern.test(`${name} ${path}`)))
      return this.#same(name, sorted(was), sorted(is), `${path}[]`)
    if (typeof was === 'object' && typeof is === 'object' && was !== null && is !== null) {
      const keys = new Set([...Object.keys(was), ...Object.keys(is)])
      return [...keys].every((key) =>
        this.#same(
          name,
          was[key as keyof typeof was],
          is[key as keyof typeof is],
          path === '' ? key : `${path}.${key}`,
        ),
      )
    }
    return was === is || (typeof was === typeof is && this.#free(name, path))
  }

  #free(name: string, path: string): boolean {
    return freeLeaves.some(([pattern]) => pattern.test(`${name} ${path}`))
  }

  #text(name: string, path: string, was: string, is: string): boolean {
    if (this.#free(name, path)) return this.#rename(hexOf(was), hexOf(is))
    const older = this.#levels ? levelTexts.reduce((so, [pattern, by]) => so.replace(pattern, by), was) : was
    const now = this.renamed(Buffer.from(older)).toString()
    const [a, b] = [now, is].map((t) => freeTexts.reduce((so, [pattern]) => so.replace(pattern, '*'), t))
    return a === b
  }

  #rename(was: string, is: string): boolean {
    if (was.length !== is.length) return true
    this.#renamed.set(was, is)
    // A UUID goes as text, or as the bytes it stands for.
    const [a, b] = [was, is].map((hex) => Buffer.from(hex, 'hex').toString('latin1').replaceAll('-', ''))
    if (a !== undefined && b !== undefined && /^[0-9a-f]{32}$/.test(a)) this.#renamed.set(a, b)
    return true
  }
}

const sorted = (list: readonly unknown[]): unknown[] =>
  [...list].sort((a, b) => (text(a) < text(b) ? -1 : text(a) > text(b) ? 1 : 0))

/** The bytes of a text. */
export const hexOf = (t: string): string => Buffer.from(t).toString('hex')
