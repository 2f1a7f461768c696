// SPDX-License-Identifier: LGPL-2.1-or-later
// Calls that a SET starts: the answer waits for them some time, and what comes later is kept.
import type { Clock, Logger } from '@virt/core'
import { type Guest, pause } from '@virt/sampler'
import { ErrorStatus } from '../wire/value.js'

/** Runs calls for SETs. */
export class Actions {
  readonly #clock: Clock
  readonly #log: Logger
  readonly #patience: number
  readonly #errors = new Map<string, number>()

  /** @param patience ms that the answer to a SET waits for its call */
  constructor(clock: Clock, log: Logger, patience: number) {
    this.#clock = clock
    this.#log = log
    this.#patience = patience
  }

  /** libvirt's number of the error of the last action on a thing; 0 when it went well. */
  errorOf(uuid: string): number {
    return this.#errors.get(uuid) ?? 0
  }

  forget(uuid: string): void {
    this.#errors.delete(uuid)
  }

  /** Runs a call. @returns what to answer: no error when it is still under way after the time that we wait */
  async run(uuid: string, what: string, work: () => Promise<unknown>): Promise<ErrorStatus> {
    const waited = new AbortController()
    const call = work().then(
      () => {
        this.#errors.delete(uuid)
        return ErrorStatus.noError
      },
      (error: unknown) => {
        const { number = 1, message } = error as { number?: number; message: string }
        this.#errors.set(uuid, number)
        this.#log.warn(`${what}: ${message}`)
        return ErrorStatus.commitFailed
      },
    )
    const late = pause(this.#clock, this.#patience, waited.signal).then(() => ErrorStatus.noError)
    const status = await Promise.race([call, late])
    waited.abort()
    return status
  }

  /** Runs a call on a guest. */
  onGuest(guest: Guest, what: string, work: () => Promise<unknown>): Promise<ErrorStatus> {
    return this.run(guest.uuid, `cannot ${what} guest ${guest.name}`, work)
  }
}
