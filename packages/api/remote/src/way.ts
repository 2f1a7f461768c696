// SPDX-License-Identifier: LGPL-2.1-or-later
// What every transport makes of a URI: a connected way to a daemon.
import type { Duplex } from 'node:stream'
import { type AuthCallback, ErrorDomain, ErrorNumber, type Uri, virtError } from '@virt/core'

/** What carries descriptors beside bytes: `FdPassing` of @virt/native. */
export interface FdCarrier {
  /** Descriptors that have come and were not taken. */
  readonly held: number
  /** Those that came first; they are the caller's from here on. */
  take(count: number): readonly number[]
  /** Sends some behind everything that was written, each with a byte of its own. */
  send(fds: readonly number[]): Promise<void>
}

/** A connected way to a daemon. */
export interface Way {
  readonly duplex: Duplex
  /** Nobody on the way can listen. */
  readonly secure: boolean
  /** The bytes are encrypted. */
  readonly encrypted: boolean
  /** Each frame needs a write of its own. */
  readonly separate?: boolean
  /**
   * Hands what arrives to `sink` instead of emitting `data`; the bytes are only valid until it returns.
   * Absent: the duplex emits `data`.
   */
  receive?(sink: (chunk: Buffer) => void): void
  /**
   * Lets descriptors travel from here on, where they can. To be called before the first may come: what came earlier was
   * lost. Answers the same each time.
   */
  descriptors?(): Promise<FdCarrier | undefined>
  /** What the other end said beside the protocol (a command's standard error), for the error when it ends. */
  said?(): string | undefined
  /** Why the way has ended, where it knows better than that it has. */
  failure?(): Error | undefined
}

/** Connects to the daemon that a URI names. @throws VirtError `system-error` naming what was tried */
export type Transport = (
  uri: Uri,
  signal: AbortSignal,
  readOnly: boolean,
  /** Asks the user; absent when nobody can be asked. */
  ask?: AuthCallback,
) => Promise<Way>

/** A parameter of a URI; the first of its name counts. */
export function paramOf(uri: Uri, name: string): string | undefined {
  return uri.params.find(([key]) => key === name)?.[1]
}

/** A parameter that is a number and means yes or no. @throws VirtError `invalid-arg` for anything but a number */
export function flagOf(uri: Uri, name: string): boolean {
  const text = paramOf(uri, name)
  if (text === undefined) return false
  if (!/^\s*[+-]?\d{1,10}$/.test(text))
    throw virtError(ErrorNumber.INVALID_ARG, ErrorDomain.REMOTE, `Failed to parse value of URI component ${name}`)
  return Number(text) !== 0
}
