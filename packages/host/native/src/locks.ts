// SPDX-License-Identifier: LGPL-2.1-or-later
// Locks on files that belong to the open file, not to the process: two opens of one process exclude each other, and
// closing another descriptor of the same file drops nothing (as POSIX locks would).
import { setTimeout as delay } from 'node:timers/promises'
import type { Binding } from './binding.js'
import { checkFd, checkInteger, systemError } from './errors.js'

const kinds = { shared: 1, exclusive: 2 } as const

/** Which part of a file, and against whom. */
export interface LockRange {
  /** `shared` needs a descriptor open for reading, `exclusive` (the default) one for writing. */
  readonly kind?: keyof typeof kinds
  /** First byte. Default 0. */
  readonly start?: number
  /** Bytes; 0, the default, is everything from `start` on, however the file grows. */
  readonly length?: number
}

/** How long to wait for a lock. */
export interface LockWait extends LockRange {
  /** Milliseconds; without it the wait lasts until the signal ends it. */
  readonly timeout?: number
  readonly signal?: AbortSignal
}

/** A lock that is held. It is also gone when the last descriptor of its open file is. */
export interface Lock extends Disposable {
  /** Gives the lock back; a second time does nothing. @throws EBADF when the file was closed */
  release(): void
}

/** Locks on open files. */
export interface Locks {
  /**
   * Takes a lock if that is possible at once.
   *
   * @param fd an open file, whose owner keeps it open while the lock is wanted
   * @returns undefined when somebody else holds it
   * @throws EBADF when the file is not open for what `kind` needs, EINVAL for a range that is none
   * @since 0.1.0
   */
  tryLock(fd: number, range?: LockRange): Lock | undefined
  /**
   * Waits for a lock. The kernel offers no wait that can be given up, so that this asks again, every 50 ms at the latest.
   *
   * @throws ETIMEDOUT after `timeout`, the signal's reason, and as `tryLock`
   * @since 0.1.0
   */
  lock(fd: number, wait?: LockWait): Promise<Lock>
  /**
   * Whether somebody else's lock is in the way of this one.
   *
   * @since 0.1.0
   */
  isLocked(fd: number, range?: LockRange): boolean
}

type Attempt = (fd: number, range: LockRange) => Lock | undefined

/** Asks again and again, less and less often. */
async function waitForLock(attempt: Attempt, fd: number, wait: LockWait): Promise<Lock> {
  const { timeout, signal, ...range } = wait
  const end = timeout === undefined ? Number.POSITIVE_INFINITY : performance.now() + timeout
  for (let pause = 1; ; pause = Math.min(pause * 2, 50)) {
    signal?.throwIfAborted()
    const lock = attempt(fd, range)
    if (lock !== undefined) return lock
    const left = end - performance.now()
    if (left <= 0) throw systemError('ETIMEDOUT', 'fcntl', `the lock was not to be had in ${timeout} ms`)
    try {
      await delay(Math.min(pause, left), undefined, signal === undefined ? {} : { signal })
    } catch (error) {
      signal?.throwIfAborted()
      throw error
    }
  }
}

/** Locks by F_OFD_SETLK. */
export function locksOf(binding: Binding): Locks {
  const tryLock: Attempt = (fd, range) => {
    const { kind, start, length } = checked(fd, range)
    if (!binding.lockRange(fd, kind, start, length)) return undefined
    let held = true
    const release = (): void => {
      if (!held) return
      held = false
      binding.lockRange(fd, 0, start, length)
    }
    return { release, [Symbol.dispose]: release }
  }
  return {
    tryLock: (fd, range = {}) => tryLock(fd, range),
    lock: (fd, wait = {}) => waitForLock(tryLock, fd, wait),
    isLocked(fd, range = {}) {
      const { kind, start, length } = checked(fd, range)
      return binding.testRange(fd, kind, start, length)
    },
  }
}

function checked(fd: number, { kind = 'exclusive', start = 0, length = 0 }: LockRange) {
  checkFd(fd)
  checkInteger('start', start, 0, Number.MAX_SAFE_INTEGER)
  checkInteger('length', length, 0, Number.MAX_SAFE_INTEGER)
  return { kind: kinds[kind], start, length }
}
