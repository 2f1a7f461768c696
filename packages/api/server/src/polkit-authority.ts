// SPDX-License-Identifier: LGPL-2.1-or-later
// polkit's authority: may this process do that? The interface is org.freedesktop.PolicyKit1.Authority's.
import { type Identity, timeLimit } from '@virt/core'
import { SystemBus } from './system-bus.js'

const name = 'org.freedesktop.PolicyKit1'
const path = '/org/freedesktop/PolicyKit1/Authority'
const authority = `${name}.Authority`
const bus = 'org.freedesktop.DBus'

/** A process, told from all that had or will have its number. */
export interface PolkitSubject {
  readonly processId: number
  /** Clock ticks since boot. */
  readonly startTime: bigint
  readonly userId: number
}

/** What polkit is asked. */
export interface PolkitQuestion {
  readonly subject: PolkitSubject
  readonly action: string
  /** What rules may look at. */
  readonly details?: Readonly<Record<string, string>>
  /** An agent of the user may be asked for a password. */
  readonly interactive?: boolean
}

/** What polkit says. */
export interface PolkitVerdict {
  readonly authorized: boolean
  /** It would be, if somebody entered a password. */
  readonly challenge: boolean
  readonly details: Readonly<Record<string, string>>
}

/** How long polkit may take, where nobody has to type: milliseconds. */
const defaultDeadline = 25_000

/**
 * Asks polkit over D-Bus.
 * @since 0.1.0
 */
export class PolkitAuthority {
  readonly #bus: SystemBus
  readonly #deadline: number
  readonly #listeners = new Set<() => void>()
  #cancellations = 0

  /**
   * @param options.address where the bus is; by default the system's
   * @param options.deadline milliseconds for an answer
   */
  constructor(options: { address?: string; deadline?: number } = {}) {
    this.#deadline = options.deadline ?? defaultDeadline
    const changed = (): void => {
      for (const listener of this.#listeners) listener()
    }
    this.#bus = new SystemBus({
      address: options.address,
      rules: [
        `type='signal',sender='${name}',path='${path}',interface='${authority}',member='Changed'`,
        `type='signal',sender='${bus}',interface='${bus}',member='NameOwnerChanged',arg0='${name}'`,
      ],
      onSignal: (signal) => {
        if (signal.member === 'Changed' || (signal.member === 'NameOwnerChanged' && signal.body[0] === name)) changed()
      },
      onLost: changed,
    })
  }

  /**
   * Asks.
   * @param signal ends the question; polkit is told
   * @throws VirtError as `SystemBus.call`
   */
  async check(question: PolkitQuestion, signal?: AbortSignal): Promise<PolkitVerdict> {
    const { subject, action, details = {}, interactive = false } = question
    const limit = timeLimit(signal, interactive ? undefined : this.#deadline)
    const end = limit.signal
    const id = interactive ? `virt-${process.pid}-${++this.#cancellations}` : ''
    try {
      const answer = await this.#call('CheckAuthorization', '(sa{sv})sa{ss}us', end, [
        ['unix-process', subjectDetails(subject)],
        action,
        Object.entries(details),
        interactive ? 1 : 0,
        id,
      ])
      const [authorized, challenge, told] = answer as [boolean, boolean, Record<string, string>]
      return { authorized, challenge, details: told }
    } catch (error) {
      if (interactive && end.aborted) this.#cancel(id)
      throw error
    } finally {
      limit[Symbol.dispose]()
    }
  }

  /** Runs `fn` when what was answered may no longer hold: rules, actions or sessions have changed, or polkit was away. */
  onChanged(fn: () => void): Disposable {
    this.#listeners.add(fn)
    return { [Symbol.dispose]: () => void this.#listeners.delete(fn) }
  }

  /** Ends the connection to the bus. */
  async close(): Promise<void> {
    await this.#bus.close()
  }

  #cancel(id: string): void {
    this.#call('CancelCheckAuthorization', 's', AbortSignal.timeout(this.#deadline), [id]).catch(() => {})
  }

  #call(member: string, signature: string, signal: AbortSignal, body: readonly unknown[]): Promise<unknown> {
    return this.#bus.call({ destination: name, path, interface: authority, member, signature, body }, signal)
  }
}

const subjectDetails = (subject: PolkitSubject): [string, [string, unknown]][] => [
  ['pid', ['u', subject.processId]],
  ['start-time', ['t', subject.startTime]],
  ['uid', ['i', subject.userId | 0]],
]

/** The process behind an identity, or what is not known of it. */
export function polkitSubject(identity: Identity): PolkitSubject | string {
  const { processId, processTime, unixUserId } = identity
  if (processId === undefined) return 'No UNIX process ID available'
  if (processTime === undefined) return 'No process start time available'
  if (unixUserId === undefined) return 'No UNIX user ID available'
  return { processId, startTime: processTime, userId: unixUserId }
}
