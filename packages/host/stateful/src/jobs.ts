// SPDX-License-Identifier: LGPL-2.1-or-later
// Who may change an object when: instead of threads and locks, one short job at a time, beside at most one long one.
import { type Call, type Clock, ErrorDomain, ErrorNumber, type VirtError, virtError } from '@virt/core'
import { AsyncJob, type AsyncState } from './async-job.js'
import type { AgentJobKind, AsyncKind, JobKind } from './job-kinds.js'
import { Waiters } from './waiters.js'

/** What all objects of a driver share. */
export interface JobContext {
  readonly clock: Clock
  /** `virErrorDomain` of the errors; none when absent. */
  readonly domain?: number
  /** Milliseconds a job waits for its turn; 30 seconds when absent. */
  readonly patience?: number
  /** Jobs of one object that may wait; 1024 when absent. */
  readonly queueLimit?: number
}

/** A job that runs. */
export interface Job {
  /**
   * Waits for something outside; afterwards the object is still the one the job was for.
   * @throws what `answer` rejects with; VirtError `operation-failed` when the object has ended meanwhile or was started anew
   */
  wait<T>(answer: Promise<T>): Promise<T>
  /** The same check, for after an `await` of another kind. */
  check(): void
  /**
   * Waits until `condition` answers something else than undefined or false. It is asked now and after each event of the object (`poke`).
   * @throws what the condition throws; `operation-timeout` after `deadline` milliseconds; the signal's reason; as `wait`
   */
  until<T>(condition: () => T | undefined | false, limits?: UntilLimits): Promise<T>
  /** The object lives anew from here on: whoever waits for what was before learns it. For jobs that start or end it. */
  newLife(): void
}

/** When waiting for a condition ends before it holds. */
export interface UntilLimits {
  /** Milliseconds from now. */
  readonly deadline?: number
  readonly signal?: AbortSignal
  /** The error when the time is over. */
  readonly late?: () => Error
}

interface Turn {
  readonly kind: JobKind | AgentJobKind | 'async'
  begin(): void
}

interface Running<K> {
  readonly kind: K
  readonly owner: string
  readonly since: number
}

const patience = 30_000
const queueLimit = 1024

/**
 * The jobs of one object.
 * @since 0.1.0, `virDomainJobObj`
 */
export class Jobs {
  readonly #context: JobContext
  readonly #changed: () => void
  readonly #waiters: Waiters
  #queue: Turn[] = []
  #agentQueue: Turn[] = []
  #running: Running<JobKind> | undefined
  #agent: Running<AgentJobKind> | undefined
  /** A long job's turn has come, and it is about to begin. */
  #expected = false
  #async: AsyncJob | undefined
  #life = 0

  /** @param changed told when what a status file says of jobs has changed */
  constructor(context: JobContext, changed: () => void = () => {}) {
    this.#context = context
    this.#changed = changed
    this.#waiters = new Waiters(context.clock)
  }

  /** The short job that runs. */
  get running(): JobKind | undefined {
    return this.#running?.kind
  }

  /** The long job, whether somebody works on it or not. */
  get async(): AsyncJob | undefined {
    return this.#async
  }

  /** Whether nothing runs and nobody waits. */
  get idle(): boolean {
    return this.#running === undefined && this.#async === undefined && this.#queue.length === 0
  }

  /** Grows when the object starts or ends. */
  get life(): number {
    return this.#life
  }

  /**
   * Runs a short job when its turn comes.
   * @param call who waits; absent for work of the daemon's own, which `name` then names
   * @throws VirtError `operation-timeout` naming who holds the object, when the turn does not come in time;
   *   `operation-failed` when too many wait already; the reason of `call.signal`, which ends waiting only
   */
  run<T>(call: Call | undefined, kind: JobKind, fn: (job: Job) => Promise<T> | T, name?: string): Promise<T> {
    const owner = ownerOf(call, name)
    const take = (): void => {
      this.#running = { kind, owner, since: this.#context.clock.now() }
    }
    if (!this.#allowed(kind)) return this.#turn(this.#queue, kind, call, take).then(() => this.#short(kind, fn))
    take()
    return this.#short(kind, fn)
  }

  /** Runs a job of the guest agent's lane; it excludes only others of that lane. @throws as `run` */
  async runAgent<T>(call: Call | undefined, kind: AgentJobKind, fn: (job: Job) => Promise<T> | T): Promise<T> {
    const owner = ownerOf(call, undefined)
    const take = (): void => {
      this.#agent = { kind, owner, since: this.#context.clock.now() }
    }
    if (this.#agent === undefined) take()
    else await this.#turn(this.#agentQueue, kind, call, take)
    try {
      return await fn(this.#job())
    } finally {
      this.#agent = undefined
      this.#agentQueue.shift()?.begin()
    }
  }

  /**
   * Runs a long job when its turn comes. It ends with `fn`, unless `fn` has released it.
   * @throws as `run`
   */
  async runAsync<T, I = unknown, P extends string = string>(
    call: Call | undefined,
    kind: AsyncKind<P>,
    fn: (job: AsyncJob<P, I>) => Promise<T> | T,
    name?: string,
  ): Promise<T> {
    const owner = ownerOf(call, name)
    if (!this.#allowed('async'))
      await this.#turn(this.#queue, 'async', call, () => {
        this.#expected = true
      })
    const job = this.#newAsync<P, I>(kind, {})
    this.#changed()
    // Others may have waited for the one before, whom this one lets run beside it.
    this.#next()
    return await job.own(owner, () => fn(job))
  }

  /** Takes up a long job that was found in a status file; nobody works on it. */
  restore<P extends string, I>(kind: AsyncKind<P>, state: Partial<AsyncState<P, I>>): AsyncJob<P, I> {
    return this.#newAsync<P, I>(kind, state)
  }

  /** Something has happened to the object: conditions are looked at again. */
  poke(): void {
    this.#waiters.poke()
  }

  /**
   * Waits for a condition without a job; see `Job.until`.
   * @throws as `Job.until`, except that the object may end
   */
  async until<T>(condition: () => T | undefined | false, limits: UntilLimits = {}): Promise<T> {
    return await this.#waiters.until(condition, limits)
  }

  /** The object ends or starts: jobs of before fail at their next wait. */
  newLife(): void {
    this.#life++
    this.#waiters.poke()
  }

  #newAsync<P extends string, I>(kind: AsyncKind<P>, state: Partial<AsyncState<P, I>>): AsyncJob<P, I> {
    this.#expected = false
    const job: AsyncJob<P, I> = new AsyncJob<P, I>(
      {
        now: () => this.#context.clock.now(),
        changed: this.#changed,
        job: () => this.#job(),
        step: (fn) => this.run(undefined, 'asyncNested', fn, job.owner),
        ended: () => {
          this.#async = undefined
          this.#changed()
          this.#waiters.poke()
          this.#next()
        },
        unmasked: () => this.#next(),
        poke: () => this.#waiters.poke(),
      },
      kind,
      state,
    )
    this.#async = job as unknown as AsyncJob
    return job
  }

  async #short<T>(kind: JobKind, fn: (job: Job) => Promise<T> | T): Promise<T> {
    // As libvirt: a new daemon finishes a destroy, other short jobs leave nothing to finish.
    if (kind === 'destroy') this.#changed()
    try {
      return await fn(this.#job())
    } finally {
      this.#running = undefined
      if (kind === 'destroy') this.#changed()
      this.#next()
    }
  }

  #job(): Job {
    let life = this.#life
    const check = (): void => {
      if (life !== this.#life) throw this.#error(ErrorNumber.OPERATION_FAILED, 'domain is no longer running')
    }
    return {
      check,
      async wait(answer) {
        const value = await answer
        check()
        return value
      },
      until: async (condition, limits = {}) =>
        await this.#waiters.until(() => {
          check()
          return condition()
        }, limits),
      newLife: () => {
        this.newLife()
        life = this.#life
      },
    }
  }

  /** Whether nothing excludes a job now. Those who wait are excluded by something, so that a newcomer passes nobody. */
  #allowed(kind: Turn['kind']): boolean {
    if (this.#running !== undefined || this.#expected) return false
    if (this.#async === undefined) return true
    return (this.#async.mask as ReadonlySet<string>).has(kind)
  }

  /** Lets the first begin that may. */
  #next(): void {
    if (this.#queue.length === 0) return
    const at = this.#queue.findIndex((turn) => this.#allowed(turn.kind))
    if (at < 0) return
    const [turn] = this.#queue.splice(at, 1)
    turn?.begin()
  }

  /**
   * Waits in a queue. `take` is called when the turn comes, not when whoever waits runs again: nobody may slip in between.
   */
  async #turn(queue: Turn[], kind: Turn['kind'], call: Call | undefined, take: () => void): Promise<void> {
    const limit = this.#context.queueLimit ?? queueLimit
    if (queue.length >= limit)
      throw this.#error(
        ErrorNumber.OPERATION_FAILED,
        'cannot acquire state change lock due to max_queued limit',
        `${limit} calls wait for this object already; ${this.#holder(kind)}`,
      )
    const signal = call?.signal
    await new Promise<void>((resolve, reject) => {
      signal?.throwIfAborted()
      const finish = (): void => {
        timer[Symbol.dispose]()
        signal?.removeEventListener('abort', leave)
      }
      const turn: Turn = {
        kind,
        begin: () => {
          finish()
          take()
          resolve()
        },
      }
      const give = (error: unknown): void => {
        const at = queue.indexOf(turn)
        if (at < 0) return
        queue.splice(at, 1)
        finish()
        reject(error as Error)
      }
      const leave = (): void => give(signal?.reason)
      const timer = this.#context.clock.after(this.#context.patience ?? patience, () => give(this.#late(queue, kind)))
      signal?.addEventListener('abort', leave, { once: true })
      queue.push(turn)
    })
  }

  #late(queue: Turn[], kind: Turn['kind']): VirtError {
    const holder = this.#blocker(kind)
    const lane = queue === this.#agentQueue ? 'agent' : 'monitor'
    const by = holder === undefined ? '' : ` (held by ${lane}=${holder.owner})`
    return this.#error(ErrorNumber.OPERATION_TIMEOUT, `cannot acquire state change lock${by}`, this.#holder(kind))
  }

  #blocker(kind: Turn['kind']): { owner: string; since: number; what: string } | undefined {
    if (kind === 'agentQuery' || kind === 'agentModify')
      return this.#agent === undefined ? undefined : { ...this.#agent, what: this.#agent.kind }
    const long = this.#async
    if (long !== undefined && (kind === 'async' || !long.mask.has(kind)))
      return { owner: long.owner ?? long.kind.name, since: long.started, what: long.kind.name }
    const short = this.#running
    return short === undefined ? undefined : { ...short, what: short.kind }
  }

  #holder(kind: Turn['kind']): string {
    const holder = this.#blocker(kind)
    if (holder === undefined) return 'nobody holds it'
    const age = Math.max(0, Math.round((this.#context.clock.now() - holder.since) / 1000))
    return `${holder.owner} (${holder.what}) has held it for ${age} s`
  }

  #error(number: number, detail: string, details?: string): VirtError {
    return virtError(number, this.#context.domain ?? ErrorDomain.NONE, detail, details === undefined ? {} : { details })
  }
}

/** What libvirt's names of functions begin with. */
const prefix = 'vir'

/** Name of whoever does a job, as libvirt's errors have it. */
export function ownerOf(call: Call | undefined, name?: string): string {
  const { slot } = call ?? {}
  return name ?? (slot === undefined ? 'daemon' : `remoteDispatch${slot.publicName.slice(prefix.length)}`)
}
