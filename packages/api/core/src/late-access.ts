// SPDX-License-Identifier: LGPL-2.1-or-later
// For drivers: access checks whose subject comes out of the call, and answers that may be promises because of them.
import type { AclObject } from './acl.gen.js'
import { access, isPromise, visible } from './gate.js'
import type { Answer, Call } from './spi.js'

/** Goes on with an answer: at once when it is there. @since 0.1.0 */
export function after<T, R>(answer: Answer<T>, then: (value: T) => Answer<R>): Answer<R> {
  return isPromise(answer) ? answer.then(then) : then(answer)
}

/**
 * Asks what the slot's own rules want for a subject that came out of the call, where anything is asked at all, and goes on.
 * @throws VirtError `access-denied`
 * @since 0.1.0
 */
export function permitted<R>(call: Call, subject: object, flags: number, go: () => Answer<R>): Answer<R> {
  if (call.check === undefined || call.slot === undefined) return go()
  const rules = call.slot.acl.filter((rule) => rule.object !== 'connect')
  const wait = access(call, rules, subject, flags)
  return wait === undefined ? go() : wait.then(go)
}

/** What the caller may see of a list, handed on. @since 0.1.0 */
export function listed<T extends object, R>(
  call: Call,
  object: AclObject,
  items: readonly T[],
  go: (items: readonly T[]) => Answer<R>,
  perm = 'getattr',
): Answer<R> {
  return after(visible(call, object, perm, items), go)
}
