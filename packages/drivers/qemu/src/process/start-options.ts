// SPDX-License-Identifier: LGPL-2.1-or-later
// How a guest begins.
import type { Cpu } from '@virt/conf'
import { Event, Reason } from '../domain/states.js'

/** How a guest is to begin. */
export interface StartOptions {
  /** It waits for its first instruction. */
  readonly paused: boolean
  readonly reason: number
  /** Detail of the event that tells of it. */
  readonly detail: number
  /** It comes from elsewhere: QEMU waits for where. Nobody is told of it from here. */
  readonly incoming?: 'defer'
  /** What has come of its processor where it was before. */
  readonly liveCpu?: Cpu | undefined
  /** Its firmware forgets what it had noted. */
  readonly resetVariables?: boolean
  /** It waits for pages of its memory while it runs already, which takes a privilege of its own. */
  readonly pageFaults?: boolean
}

/** How a guest begins that starts from nothing. */
export const fresh = (paused: boolean, resetVariables: boolean): StartOptions => ({
  paused,
  resetVariables,
  reason: Reason.running.booted,
  detail: Event.started.booted,
})
