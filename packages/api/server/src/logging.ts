// SPDX-License-Identifier: LGPL-2.1-or-later
// A log with filters and outputs in libvirt's syntax; both can be changed while it is in use.
import { type Answer, type Clock, type Logger, systemClock } from '@virt/core'
import {
  checkPriority,
  formatFilters,
  formatOutputs,
  type LogDestination,
  type LogFilter,
  type LogOutput,
  type Priority,
  parseFilters,
  parseOutputs,
} from './log-syntax.js'

/** One message on its way to the outputs. */
export interface LogRecord {
  /** Milliseconds since the epoch. */
  readonly time: number
  readonly priority: Priority
  /** The part of the program that speaks, as `rpc.netserver`; filters look at it. */
  readonly source: string
  readonly message: string
}

/** Where the messages of one output end up. Neither call throws, nor does `write` wait. */
export interface LogSink {
  write(record: LogRecord): void
  /** Writes out what is left, and closes. */
  close(): Answer<void>
}

export interface LoggingOptions {
  /** Opens a destination. @throws VirtError when it cannot be written to */
  open(to: LogDestination): LogSink
  readonly clock?: Clock
  /** First words to a destination, before its first message. */
  readonly greeting?: readonly string[]
}

interface OpenOutput extends LogOutput {
  readonly sink: LogSink
  greeted: boolean
}

/**
 * A log of a daemon.
 * @since 0.1.0
 */
export class Logging {
  readonly #options: LoggingOptions
  readonly #clock: Clock
  #level: Priority = 3
  #filters: readonly LogFilter[] = []
  #outputs: readonly OpenOutput[] = []
  /** Counts changes, so that loggers know when what they remember is old. */
  #generation = 0

  constructor(options: LoggingOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
  }

  /** From which priority on messages count that no filter concerns; 3 at first. */
  get level(): number {
    return this.#level
  }

  /** @throws VirtError `invalid-arg` outside 1 to 4 */
  set level(value: number) {
    this.#level = checkPriority(value, (v) => `Failed to set logging priority, argument '${v}' is invalid`)
    this.#generation++
  }

  /** The filters in force, the first that applies decides. */
  get filters(): string {
    return formatFilters(this.#filters)
  }

  /** How many there are. */
  get filterCount(): number {
    return this.#filters.length
  }

  /** @throws VirtError `invalid-arg`; the old ones then stay */
  set filters(text: string) {
    this.#filters = parseFilters(text)
    this.#generation++
  }

  /** The outputs in force; without any given, standard error. */
  get outputs(): string {
    return formatOutputs(this.#outputs)
  }

  /** How many there are. */
  get outputCount(): number {
    return this.#outputs.length
  }

  /** An empty text stands for standard error at the level of now. @throws VirtError for one that cannot be; the old ones then stay */
  set outputs(text: string) {
    const wanted = parseOutputs(text)
    if (wanted.length === 0) wanted.push({ priority: this.#level, to: { kind: 'stderr' } })
    const opened: OpenOutput[] = []
    try {
      for (const output of wanted) opened.push({ ...output, sink: this.#options.open(output.to), greeted: false })
    } catch (error) {
      void closed(opened) // never rejects
      throw error
    }
    const old = this.#outputs
    this.#outputs = opened
    void closed(old) // never rejects
  }

  /** What one part of the program says. @param source its name, as `rpc.netserver` */
  logger(source: string): Logger {
    let generation = -1
    let threshold: Priority = 1
    const say = (priority: Priority, message: string): void => {
      if (generation !== this.#generation) {
        generation = this.#generation
        threshold = this.#filters.find((f) => f.applies(source))?.priority ?? this.#level
      }
      if (priority < threshold) return
      const record = { time: this.#clock.now(), priority, source, message }
      for (const output of this.#outputs) if (priority >= output.priority) this.#write(output, record)
    }
    return { debug: (m) => say(1, m), info: (m) => say(2, m), warn: (m) => say(3, m), error: (m) => say(4, m) }
  }

  #write(output: OpenOutput, record: LogRecord): void {
    if (!output.greeted) {
      output.greeted = true
      for (const message of this.#options.greeting ?? [])
        output.sink.write({ time: record.time, priority: 2, source: '', message })
    }
    output.sink.write(record)
  }

  /** Closes every output when it has taken what was said. */
  async close(): Promise<void> {
    const old = this.#outputs
    this.#outputs = []
    await closed(old)
  }
}

/** Closing never fails: there is nobody to tell. */
async function closed(outputs: readonly OpenOutput[]): Promise<void> {
  await Promise.allSettled(outputs.map(async ({ sink }) => await sink.close()))
}
