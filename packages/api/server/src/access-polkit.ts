// SPDX-License-Identifier: LGPL-2.1-or-later
// The access driver `polkit`: libvirt's actions and attributes, and verdicts kept for a moment.
import { type Answer, aclClasses, type Clock, isVirtError } from '@virt/core'
import type { AccessRequest, Decider } from './access.js'
import { attributesOf } from './access-attributes.js'
import { type PolkitAuthority, polkitSubject } from './polkit-authority.js'

/** Milliseconds that a verdict is good for at most; polkit tells of changes, but not of all (a user's groups). */
const maxAge = 5000
/** Verdicts that are kept; the oldest go first. */
const maxKept = 16_384

interface Kept {
  readonly why: string | undefined
  readonly until: number
}

/** Decides as polkit's rules have it. */
export class PolkitAccess implements Decider {
  readonly name = 'polkit'
  readonly #authority: PolkitAuthority
  readonly #clock: Clock
  readonly #kept = new Map<string, Kept>()
  /** Questions on their way, so that many callers wait for one answer. */
  readonly #asked = new Map<string, Promise<string | undefined>>()

  constructor(authority: PolkitAuthority, clock: Clock) {
    this.#authority = authority
    this.#clock = clock
    authority.onChanged(() => {
      this.#kept.clear()
      // What was asked before the change must not be kept after it.
      this.#asked.clear()
    })
  }

  decide(request: AccessRequest): Answer<string | undefined> {
    const subject = polkitSubject(request.identity)
    if (typeof subject === 'string') return subject
    const { object, perm } = request
    const { actions } = aclClasses[object]
    const action = Object.hasOwn(actions, perm) ? actions[perm] : undefined
    if (action === undefined) return `nobody knows the permission ${perm}`
    const details = attributesOf(object, request.subject, request.driver)
    const key = JSON.stringify([subject.processId, String(subject.startTime), subject.userId, action, details])
    const kept = this.#kept.get(key)
    if (kept !== undefined && this.#clock.now() < kept.until) return kept.why
    const known = this.#asked.get(key)
    if (known !== undefined) return known
    const asked: Promise<string | undefined> = this.#authority
      .check({ subject, action, details })
      .then(
        ({ authorized, challenge }) => {
          const why = authorized
            ? undefined
            : challenge
              ? `${action} would need a password`
              : `${action} is not authorized`
          if (this.#asked.get(key) === asked) this.#keep(key, why)
          return why
        },
        (error: unknown) => `${action} could not be asked for: ${textOf(error)}`,
      )
      .finally(() => {
        if (this.#asked.get(key) === asked) this.#asked.delete(key)
      })
    this.#asked.set(key, asked)
    return asked
  }

  #keep(key: string, why: string | undefined): void {
    this.#kept.delete(key)
    this.#kept.set(key, { why, until: this.#clock.now() + maxAge })
    if (this.#kept.size <= maxKept) return
    const [oldest] = this.#kept.keys()
    if (oldest !== undefined) this.#kept.delete(oldest)
  }
}

function textOf(error: unknown): string {
  if (isVirtError(error)) return error.message
  return error instanceof Error ? error.message : String(error)
}
