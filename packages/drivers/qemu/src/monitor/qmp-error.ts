// SPDX-License-Identifier: LGPL-2.1-or-later
// What QEMU answers when it does not do something.
import type { Json, VirtError } from '@virt/core'
import { internalError } from '../errors.js'

/** QEMU's own words: the class tells kinds of failure apart, the text is for people. */
export interface QmpFailure {
  readonly class: string
  readonly desc: string
}

const failures = new WeakMap<object, QmpFailure>()

/** The error of a command that QEMU refused. */
export function qmpError(command: string, failure: QmpFailure): VirtError {
  const error = internalError(`unable to execute QEMU command '${command}': ${failure.desc}`)
  failures.set(error, failure)
  return error
}

/** What QEMU said, if an error is QEMU's answer to a command. */
export function qmpFailureOf(error: unknown): QmpFailure | undefined {
  return typeof error === 'object' && error !== null ? failures.get(error) : undefined
}

/** What a reply's `error` says. */
export function failureOf(error: Json | undefined): QmpFailure {
  const { class: kind, desc } = (typeof error === 'object' && error !== null ? error : {}) as Record<string, Json>
  return {
    class: typeof kind === 'string' ? kind : 'GenericError',
    desc: typeof desc === 'string' ? desc : 'unknown QEMU command error',
  }
}
