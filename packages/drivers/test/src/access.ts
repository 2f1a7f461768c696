// SPDX-License-Identifier: LGPL-2.1-or-later
// Access checks whose subject comes out of the call, and answers that may be promises because of them.
import { type AclObject, type Answer, access, type Call, visible } from '@virt/core'

/** Goes on with an answer: at once when it is there. */
export function after<T, R>(answer: Answer<T>, then: (value: T) => Answer<R>): Answer<R> {
  return answer instanceof Promise ? answer.then(then) : then(answer)
}

/** Asks what the slot's own rules want for a subject that came out of the call, where anything is asked at all, and goes on. */
export function permitted<R>(call: Call, subject: object, flags: number, go: () => Answer<R>): Answer<R> {
  if (call.check === undefined || call.slot === undefined) return go()
  const rules = call.slot.acl.filter((rule) => rule.object !== 'connect')
  const wait = access(call, rules, subject, flags)
  return wait === undefined ? go() : wait.then(go)
}

/** What the caller may see of a list, handed on. */
export function listed<T extends object, R>(
  call: Call,
  object: AclObject,
  items: readonly T[],
  go: (items: readonly T[]) => R,
  perm = 'getattr',
): Answer<R> {
  return after(visible(call, object, perm, items), go)
}
