// SPDX-License-Identifier: LGPL-2.1-or-later
// Access checks whose subject comes out of the call.
import { type AclObject, type Answer, access, type Call, visible } from '@virt/core'

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
  go: (items: readonly T[]) => Answer<R>,
  perm = 'getattr',
): Answer<R> {
  const seen = visible(call, object, perm, items)
  return seen instanceof Promise ? seen.then(go) : go(seen)
}
