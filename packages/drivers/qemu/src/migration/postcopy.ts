// SPDX-License-Identifier: LGPL-2.1-or-later
// Whether a guest is between two hosts.
import { Reason, State } from '../domain/states.js'

/** State and reason, as records have them. */
export interface GuestState {
  readonly state: number
  readonly reason: number
}

const is = (guest: GuestState, state: number, reason: number): boolean =>
  guest.state === state && guest.reason === reason

/** Whether post-copy has broken, and nobody has mended it. @param interrupted what the job keeps of it where the state is another */
export function isFailedPostcopy(guest: GuestState, interrupted = false): boolean {
  return (
    interrupted ||
    is(guest, State.paused, Reason.paused['post-copy failed']) ||
    is(guest, State.running, Reason.running['post-copy failed'])
  )
}

/** Whether the guest runs on one host, and pages of it are on the other. */
export function isPostcopy(guest: GuestState, interrupted = false): boolean {
  return (
    isFailedPostcopy(guest, interrupted) ||
    is(guest, State.paused, Reason.paused['post-copy']) ||
    is(guest, State.running, Reason.running['post-copy'])
  )
}
