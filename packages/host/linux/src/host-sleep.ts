// SPDX-License-Identifier: LGPL-2.1-or-later
// The host put to sleep for a while: what it can sleep as is asked of systemd's login manager, else of pm-utils.
import { type Clock, ErrorDomain, ErrorNumber, virtError } from '@virt/core'

/**
 * Runs a program of the host to its end; undefined when there is none of that name.
 * @param limit milliseconds after which it is ended; absent: it may take as long as it takes
 */
export type RunProgram = (
  file: string,
  args: readonly string[],
  limit?: number,
) => Promise<{ readonly code: number; readonly stdout: string } | undefined>

/** A way to sleep. */
export type SleepTarget = 'mem' | 'disk' | 'hybrid'

interface Way {
  readonly target: SleepTarget
  /** What libvirt calls it. */
  readonly title: string
  /** Question to the login manager. */
  readonly method: string
  /** Question to pm-utils, and their command. */
  readonly option: string
  readonly command: string
}

/** In the order of `virNodeSuspendTarget`. */
const ways: readonly Way[] = [
  { target: 'mem', title: 'Suspend-to-RAM', method: 'CanSuspend', option: '--suspend', command: 'pm-suspend' },
  { target: 'disk', title: 'Suspend-to-Disk', method: 'CanHibernate', option: '--hibernate', command: 'pm-hibernate' },
  {
    target: 'hybrid',
    title: 'Hybrid-Suspend',
    method: 'CanHybridSleep',
    option: '--suspend-hybrid',
    command: 'pm-suspend-hybrid',
  },
]

const login = ['org.freedesktop.login1', '/org/freedesktop/login1', 'org.freedesktop.login1.Manager'] as const

/** Milliseconds that a program may take; only that which sleeps takes as long as the sleep. */
const patience = 10_000

async function canSleep(run: RunProgram, { method, option }: Way): Promise<boolean> {
  const said = await run('busctl', ['--system', 'call', ...login, method], patience)
  // Who is not there is not asked.
  if (said !== undefined && said.code === 0) return said.stdout.trim() === 's "yes"'
  return (await run('pm-is-supported', [option], patience))?.code === 0
}

/** Seconds: shorter ones are over before the host sleeps. */
const shortest = 60n
/** Milliseconds that whoever asks has to get the answer. */
const delay = 10_000

/** The sleep of one host. */
export class HostSleep {
  readonly #run: RunProgram
  readonly #clock: Clock
  #targets: Promise<ReadonlySet<SleepTarget>> | undefined
  #asleep = false

  /** @param run how programs are run; never by a shell */
  constructor(run: RunProgram, clock: Clock) {
    this.#run = run
    this.#clock = clock
  }

  /** What the host can sleep as; it is asked once. @since 0.1.0, `virNodeSuspendGetTargetMask` */
  targets(): Promise<ReadonlySet<SleepTarget>> {
    this.#targets ??= this.#ask()
    return this.#targets
  }

  async #ask(): Promise<ReadonlySet<SleepTarget>> {
    const able = await Promise.all(ways.map((way) => canSleep(this.#run, way)))
    return new Set(ways.flatMap(({ target }, i) => (able[i] === true ? target : [])))
  }

  /**
   * Sets the alarm that the host wakes up by, and has it sleep ten seconds later.
   * @param target `virNodeSuspendTarget`
   * @param seconds until it wakes up
   * @throws VirtError `invalid-arg`, `argument-unsupported`, `operation-invalid` while one is under way, `internal-error` without an alarm
   * @since 0.1.0, `virNodeSuspend`
   */
  async suspend(target: number, seconds: bigint): Promise<void> {
    const targets = await this.targets()
    if (this.#asleep) throw error(ErrorNumber.OPERATION_INVALID, 'Suspend operation already in progress')
    const way = ways[target]
    if (way === undefined) throw error(ErrorNumber.INVALID_ARG, 'Invalid suspend target')
    if (!targets.has(way.target)) throw error(ErrorNumber.ARGUMENT_UNSUPPORTED, way.title)
    if (seconds < shortest) throw error(ErrorNumber.INVALID_ARG, 'Suspend duration is too short')
    this.#asleep = true
    try {
      await this.#mustRun('rtcwake', ['-m', 'no', '-s', `${seconds}`])
    } catch (failure) {
      this.#asleep = false
      throw failure
    }
    this.#clock.after(delay, () => {
      void this.#run(way.command, [])
        .catch(() => undefined)
        .then(() => {
          this.#asleep = false
        })
    })
  }

  async #mustRun(file: string, args: readonly string[]): Promise<void> {
    const done = await this.#run(file, args, patience)
    if (done === undefined) throw error(ErrorNumber.INTERNAL_ERROR, `Cannot find '${file}' in path`)
    if (done.code !== 0)
      throw error(
        ErrorNumber.INTERNAL_ERROR,
        `Child process (${[file, ...args].join(' ')}) unexpected exit status ${done.code}`,
      )
  }
}

function error(number: number, detail: string) {
  return virtError(number, ErrorDomain.NONE, detail)
}
