// SPDX-License-Identifier: LGPL-2.1-or-later
// Processes held by a pidfd: what is signalled or waited for is the process that was meant, whatever its number becomes.
import { constants } from 'node:os'
import type { Binding } from './binding.js'
import { Descriptor } from './descriptor.js'
import { checkInteger, systemError } from './errors.js'
import { readable, ready, type WaitOptions } from './ready.js'
import { rawSpawn, type SpawnOptions } from './spawn.js'

/** How a process ended; neither where it is no child of ours, or where somebody reaped it first. */
export interface ProcessEnd {
  readonly code?: number
  readonly signal?: NodeJS.Signals
}

/** A process, by its pidfd. */
export class Process extends Descriptor {
  /** Its number in our namespace. */
  readonly pid: number
  readonly #binding: Binding
  readonly #reap: boolean
  #end: ProcessEnd | undefined

  constructor(binding: Binding, pid: number, pidfd: number, reap = false) {
    super(binding, pidfd)
    this.#binding = binding
    this.pid = pid
    this.#reap = reap
  }

  /** Whether it has ended. */
  get ended(): boolean {
    return this.#end !== undefined || this.#binding.pidfdEnded(this.fd)
  }

  /** When it started, in clock ticks since boot; undefined once it is gone. */
  get startTime(): bigint | undefined {
    const time = this.#binding.startTime(this.pid)
    return time === undefined || this.ended ? undefined : time
  }

  /**
   * Sends a signal; to nobody else, even when the process has ended and its number is in use again.
   *
   * @param signal by name or number; 0 only asks whether that would be allowed
   * @throws ESRCH when it has ended, EPERM
   * @since 0.1.0
   */
  kill(signal: NodeJS.Signals | number = 'SIGTERM'): void {
    this.#binding.pidfdSignal(this.fd, signalNumber(signal))
  }

  /**
   * Waits for its end. Its exit status is known of children of ours; those of `node:child_process` stay for Node to reap.
   *
   * @throws the signal's reason, EBADF when it was closed
   * @since 0.1.0
   */
  async wait(options: WaitOptions = {}): Promise<ProcessEnd> {
    while (this.#end === undefined) {
      if (!this.#binding.pidfdEnded(this.fd)) {
        await ready(this.#binding, this.fd, readable, options)
        // Another wait may have been first.
        continue
      }
      const { code, signal } = this.#binding.pidfdEnd(this.fd, this.#reap) ?? {}
      this.#end = {
        ...(code === undefined ? {} : { code }),
        ...(signal === undefined ? {} : { signal: signalName(signal) }),
      }
    }
    return this.#end
  }
}

/** Processes of this machine. */
export interface Processes {
  /**
   * Takes hold of a process.
   *
   * @param pid its number
   * @param startTime if given, the process must have started then (clock ticks since boot): a number alone may have been given anew
   * @throws ESRCH when there is none such
   * @since 0.1.0
   */
  open(pid: number, startTime?: bigint): Process
  /**
   * Starts a program that outlives us. It costs the same however large our heap is, and takes place off the thread.
   *
   * The program gets the descriptors of `fds`, the environment of `env` and nothing else of ours: no other descriptor,
   * no signal handler, no ignored or blocked signal. It is a child of ours while we live (wait for it, or it stays as a zombie
   * until we end), in a session of its own.
   *
   * @returns the process, once it has become the program
   * @throws what failed on the way there, by system call: ENOENT or EACCES of `execve`, EPERM of `setresuid`, of `open`
   *   where a cgroup is not there; nothing then runs. TypeError and RangeError for options that cannot be.
   * @since 0.1.0
   */
  spawn(options: SpawnOptions): Promise<Process>
  /**
   * A pipe between programs: the end to read from, the end to write to. Both block, so they are for programs and not for us.
   *
   * @throws EMFILE
   * @since 0.1.0
   */
  pipe(): [Descriptor, Descriptor]
  /**
   * When a process started, in clock ticks since boot; undefined when there is none.
   *
   * @since 0.1.0
   */
  startTime(pid: number): bigint | undefined
}

/** Processes by pidfd_open. */
export function processesOf(binding: Binding): Processes {
  return {
    open(pid, startTime) {
      checkInteger('pid', pid, 1, 0x7fffffff)
      const process = new Process(binding, pid, binding.pidfdOpen(pid))
      if (startTime === undefined || process.startTime === startTime) return process
      process.close()
      throw systemError('ESRCH', 'pidfd_open', `process ${pid} is another one now`)
    },
    async spawn(options) {
      const { pid, pidfd } = await binding.spawn(rawSpawn(options))
      return new Process(binding, pid, pidfd, true)
    },
    pipe() {
      const [read, write] = binding.pipe()
      return [new Descriptor(binding, read), new Descriptor(binding, write)]
    },
    startTime: (pid) => binding.startTime(pid),
  }
}

function signalNumber(signal: NodeJS.Signals | number): number {
  const number = typeof signal === 'number' ? signal : constants.signals[signal]
  if (number === undefined) throw new TypeError(`no signal is called ${signal}`)
  checkInteger('signal', number, 0, 64)
  return number
}

function signalName(number: number): NodeJS.Signals {
  const row = Object.entries(constants.signals).find(([, value]) => value === number)
  return (row?.[0] ?? `SIG${number}`) as NodeJS.Signals
}
