// SPDX-License-Identifier: LGPL-2.1-or-later
// Conditions that somebody waits for: looked at again when something has happened, never on a clock.
import { type Clock, ErrorDomain, ErrorNumber, virtError } from '@virt/core'

interface Limits {
  readonly deadline?: number
  readonly signal?: AbortSignal
  readonly late?: () => Error
}

/** Those who wait for conditions of one object. */
export class Waiters {
  readonly #clock: Clock
  readonly #waiting = new Set<() => void>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Looks at every condition. */
  poke(): void {
    for (const look of [...this.#waiting]) look()
  }

  /** Resolves with what `condition` answers, once that is neither undefined nor false. */
  until<T>(condition: () => T | undefined | false, { deadline, signal, late }: Limits): Promise<T> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted()
      const finish = (): void => {
        this.#waiting.delete(look)
        timer?.[Symbol.dispose]()
        signal?.removeEventListener('abort', abort)
      }
      const look = (): void => {
        try {
          const value = condition()
          if (value === undefined || value === false) return
          finish()
          resolve(value)
        } catch (error) {
          finish()
          reject(error as Error)
        }
      }
      const abort = (): void => {
        finish()
        reject(signal?.reason as Error)
      }
      const over = (): void => {
        finish()
        reject(
          late?.() ?? virtError(ErrorNumber.OPERATION_TIMEOUT, ErrorDomain.NONE, `it took more than ${deadline} ms`),
        )
      }
      const timer = deadline === undefined ? undefined : this.#clock.after(deadline, over)
      signal?.addEventListener('abort', abort, { once: true })
      this.#waiting.add(look)
      look()
    })
  }
}
