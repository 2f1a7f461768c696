// SPDX-License-Identifier: LGPL-2.1-or-later
// The life of a session as a table.
import { VirtError } from '@virt/core'

/** `connecting` comes back where a session reconnects. */
export type SessionState = 'idle' | 'connecting' | 'open' | 'closing' | 'closed'
type Step = 'connect' | 'opened' | 'failed' | 'lost' | 'retry' | 'close' | 'closed'

const table: Readonly<Record<SessionState, Readonly<Partial<Record<Step, SessionState>>>>> = {
  idle: { connect: 'connecting', close: 'closed' },
  connecting: { opened: 'open', failed: 'closed', retry: 'connecting', close: 'closed' },
  open: { lost: 'closed', retry: 'connecting', close: 'closing' },
  closing: { closed: 'closed', lost: 'closed' },
  closed: { close: 'closed', lost: 'closed', closed: 'closed' },
}

/** The state after a step. @throws VirtError `operation-invalid` where the step makes no sense */
export function next(state: SessionState, step: Step): SessionState {
  const to = table[state][step]
  if (to === undefined)
    throw new VirtError(`a session that is ${state} cannot take the step '${step}'`, { code: 'operation-invalid' })
  return to
}
