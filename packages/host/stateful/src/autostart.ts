// SPDX-License-Identifier: LGPL-2.1-or-later
// Starting what starts by itself: once after the machine has booted, not each time that the daemon has.
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock, Logger } from '@virt/core'

/**
 * Whether this is the daemon's first start since the boot: run folders do not outlast it.
 * @param run the driver's run folder, which has to exist
 */
export async function firstStart(run: string): Promise<boolean> {
  try {
    const file = await open(join(run, 'autostarted'), 'wx', 0o600)
    await file.close()
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** How to start them. */
export interface AutostartOptions<T> {
  readonly clock: Clock
  readonly log: Logger
  /** Milliseconds between two starts; none when absent. */
  readonly delay?: number
  /** Ends it between two starts. */
  readonly signal?: AbortSignal
  nameOf(object: T): string
  start(object: T): Promise<void>
}

/** Starts one after the other. One that fails is told of and keeps none from starting. */
export async function autostart<T>(objects: Iterable<T>, options: AutostartOptions<T>): Promise<void> {
  let first = true
  for (const object of objects) {
    if (!first && options.delay !== undefined && options.delay > 0) await pause(options.clock, options.delay)
    first = false
    if (options.signal?.aborted) return
    try {
      await options.start(object)
    } catch (error) {
      options.log.error(`${options.nameOf(object)} was not started: ${error instanceof Error ? error.message : error}`)
    }
  }
}

function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(ms, resolve)
  })
}
