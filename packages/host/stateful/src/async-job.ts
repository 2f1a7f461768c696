// SPDX-License-Identifier: LGPL-2.1-or-later
// A long job of an object: it has phases and progress, can be told to give up, and may outlast the call that began it.
import { ErrorDomain, ErrorNumber, virtError } from '@virt/core'
import type { AsyncKind, JobKind } from './job-kinds.js'
import type { Job, UntilLimits } from './jobs.js'

/** What of a long job is kept in a status file. */
export interface AsyncState<P extends string = string, I = unknown> {
  phase: P | undefined
  /** Milliseconds since the epoch. */
  started: number
  /** What the driver keeps of it: flags, progress. */
  info: I | undefined
}

/** What a long job needs of the object's jobs. */
interface Around {
  now(): number
  changed(): void
  job(): Job
  step<T>(fn: (job: Job) => Promise<T> | T): Promise<T>
  ended(): void
  unmasked(): void
  poke(): void
}

/**
 * A long job. Short jobs of its mask run beside it; what it does itself in one go it does in steps.
 * @since 0.1.0, `virDomainAsyncJob`
 */
export class AsyncJob<P extends string = string, I = unknown> implements Job {
  readonly kind: AsyncKind<P>
  readonly started: number
  /** What the driver keeps of it. */
  info: I | undefined
  #mask: ReadonlySet<JobKind>
  #phase: P | undefined
  #owner: string | undefined
  #abort: { reason: unknown } | undefined
  #released = false
  #over = false
  readonly #around: Around
  #job: Job
  readonly #onAbort = new Set<(reason: unknown) => void>()

  /** Use `Jobs.runAsync` or `Jobs.restore`. */
  constructor(around: Around, kind: AsyncKind<P>, state: Partial<AsyncState<P, I>>) {
    this.#around = around
    this.#job = around.job()
    this.kind = kind
    this.#mask = kind.mask
    this.started = state.started ?? around.now()
    this.info = state.info
    this.#phase = state.phase
  }

  /** Short jobs that may run beside it. */
  get mask(): ReadonlySet<JobKind> {
    return this.#mask
  }

  /** Who works on it; undefined: nobody. */
  get owner(): string | undefined {
    return this.#owner
  }

  get phase(): P | undefined {
    return this.#phase
  }

  /** Whether it has ended. */
  get over(): boolean {
    return this.#over
  }

  /** Whether somebody wants it to give up. */
  get aborted(): boolean {
    return this.#abort !== undefined
  }

  /** Lets further kinds run beside it, or fewer. A destroy is always possible. */
  allow(kinds: readonly JobKind[]): void {
    this.#mask = new Set<JobKind>(['destroy', 'asyncNested', ...kinds])
    this.#around.unmasked()
  }

  /**
   * Goes to a phase. Save the object before what must not be done in an earlier one.
   * @throws VirtError `internal-error` when it would go back
   */
  enter(phase: P): void {
    const { phases = [], anyTime } = this.kind
    const [from, to] = [this.#phase === undefined ? -1 : phases.indexOf(this.#phase), phases.indexOf(phase)]
    if (to < 0 || (to < from && anyTime?.has(phase) !== true))
      throw virtError(
        ErrorNumber.INTERNAL_ERROR,
        ErrorDomain.NONE,
        `a job of '${this.kind.name}' cannot go from phase '${this.#phase ?? 'none'}' to '${phase}'`,
      )
    this.#phase = phase
    this.#around.changed()
    this.#around.poke()
  }

  /** Does something that no other job of the object may come between. @throws as `Jobs.run`, and what `fn` throws */
  async step<T>(fn: (job: Job) => Promise<T> | T): Promise<T> {
    return await this.#around.step(fn)
  }

  /** @throws as `Job.until`, and `operation-aborted` when it is to give up */
  async until<T>(condition: () => T | undefined | false, limits: UntilLimits = {}): Promise<T> {
    return await this.#job.until(() => {
      this.check()
      return condition()
    }, limits)
  }

  /** @throws as `Job.wait`, and `operation-aborted` when it is to give up */
  async wait<T>(answer: Promise<T>): Promise<T> {
    const value = await answer
    this.check()
    return value
  }

  newLife(): void {
    this.#job.newLife()
  }

  /** @throws VirtError `operation-aborted` when somebody wants it to give up, and as `Job.check` */
  check(): void {
    this.#job.check()
    if (this.#abort === undefined) return
    const { reason } = this.#abort
    if (reason instanceof Error) throw reason
    const why = typeof reason === 'string' ? reason : 'canceled by client'
    throw virtError(ErrorNumber.OPERATION_ABORTED, ErrorDomain.NONE, `${this.kind.name} job: ${why}`)
  }

  /** Wants it to give up. Waiting ends; `onAbort` does what else has to be done. */
  abort(reason?: unknown): void {
    if (this.#over || this.#abort !== undefined) return
    this.#abort = { reason }
    for (const fn of [...this.#onAbort]) fn(reason)
    this.#around.poke()
  }

  /** Runs `fn` when it is to give up, at once if so already; dispose to forget it. */
  onAbort(fn: (reason: unknown) => void): Disposable {
    if (this.#abort !== undefined) fn(this.#abort.reason)
    else this.#onAbort.add(fn)
    return { [Symbol.dispose]: () => void this.#onAbort.delete(fn) }
  }

  /** Something that a status file keeps of it has changed. */
  changed(): void {
    this.#around.changed()
  }

  /** It goes on to exist when the one who works on it is done; `own` takes it up again. */
  release(): void {
    this.#released = true
  }

  /**
   * Works on the job. It ends afterwards unless it is released.
   * @throws VirtError `operation-invalid` when somebody works on it already
   */
  async own<T>(owner: string, fn: () => Promise<T> | T): Promise<T> {
    if (this.#over || this.#owner !== undefined)
      throw virtError(
        ErrorNumber.OPERATION_INVALID,
        ErrorDomain.NONE,
        this.#over ? `the ${this.kind.name} job is over` : `${this.#owner} works on the ${this.kind.name} job`,
      )
    this.#owner = owner
    this.#released = false
    this.#job = this.#around.job()
    try {
      return await fn()
    } finally {
      this.#owner = undefined
      if (!this.#released) this.end()
    }
  }

  /** Ends it, whoever works on it. */
  end(): void {
    if (this.#over) return
    this.#over = true
    this.#around.ended()
  }
}
