// SPDX-License-Identifier: LGPL-2.1-or-later
// Processes of a kernel in memory: they run until a test says that they ended.
import { constants } from 'node:os'
import type { Binding, RawSpawn } from '../binding.js'
import { systemError } from '../errors.js'
import type { FileTable, OpenFile } from './files.js'

/** How a process of a test ends. */
export interface FakeEnd {
  readonly code?: number
  readonly signal?: NodeJS.Signals
}

class FakeProcess implements OpenFile {
  readonly kind = 'process'
  readonly pid: number
  readonly startTime: bigint
  end: FakeEnd | undefined

  constructor(pid: number, startTime: bigint) {
    this.pid = pid
    this.startTime = startTime
  }

  ready(events: number): boolean {
    return (events & 1) !== 0 && this.end !== undefined
  }
}

type Part = 'startTime' | 'pidfdOpen' | 'pidfdSignal' | 'pidfdEnded' | 'pidfdEnd' | 'spawn'

/** The functions of `pidfd.cc` and `spawn.cc`, and what a test does to processes. */
export class FakeProcesses implements Pick<Binding, Part> {
  /** Every program that was started, as the addon would have been told. */
  readonly spawned: (RawSpawn & { readonly pid: number })[] = []
  /** Every signal that was sent. SIGKILL and SIGTERM end a process, others do nothing. */
  readonly signals: { readonly pid: number; readonly signal: number }[] = []
  /** Called before a program starts; what it throws is what `spawn` rejects with. */
  onSpawn: (options: RawSpawn) => void = () => {}
  readonly #table: FileTable
  readonly #running = new Map<number, FakeProcess>()
  #nextPid = 1000
  #clock = 100_000n

  constructor(table: FileTable) {
    this.#table = table
  }

  /** A process that runs; a number that was in use may be given anew. */
  start(pid: number = this.#nextPid++, startTime: bigint = this.#clock++): number {
    if (this.#running.has(pid)) throw new Error(`process ${pid} runs already`)
    this.#running.set(pid, new FakeProcess(pid, startTime))
    return pid
  }

  /** Ends a process. */
  end(pid: number, end: FakeEnd = { code: 0 }): void {
    const process = this.#running.get(pid)
    if (process === undefined) throw new Error(`no process ${pid} runs`)
    this.#running.delete(pid)
    process.end = end
    this.#table.wake()
  }

  startTime(pid: number): bigint | undefined {
    return this.#running.get(pid)?.startTime
  }

  pidfdOpen(pid: number): number {
    const process = this.#running.get(pid)
    if (process === undefined) throw systemError('ESRCH', 'pidfd_open', 'no such process')
    return this.#table.add(process)
  }

  pidfdSignal(pidfd: number, signal: number): void {
    const process = this.#process(pidfd)
    if (process.end !== undefined) throw systemError('ESRCH', 'pidfd_send_signal', 'no such process')
    this.signals.push({ pid: process.pid, signal })
    for (const name of ['SIGKILL', 'SIGTERM'] as const)
      if (signal === constants.signals[name]) this.end(process.pid, { signal: name })
  }

  pidfdEnded(pidfd: number): boolean {
    return this.#process(pidfd).end !== undefined
  }

  pidfdEnd(pidfd: number): { code?: number; signal?: number } | undefined {
    const { end } = this.#process(pidfd)
    if (end?.signal !== undefined) return { signal: constants.signals[end.signal] }
    return end?.code === undefined ? undefined : { code: end.code }
  }

  async spawn(options: RawSpawn): Promise<{ pid: number; pidfd: number }> {
    this.onSpawn(options)
    const pid = this.start()
    this.spawned.push({ ...options, pid })
    return { pid, pidfd: this.pidfdOpen(pid) }
  }

  #process(pidfd: number): FakeProcess {
    const file = this.#table.get(pidfd, 'pidfd')
    if (!(file instanceof FakeProcess)) throw systemError('EBADF', 'pidfd', 'bad file descriptor')
    return file
  }
}
