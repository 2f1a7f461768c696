// SPDX-License-Identifier: LGPL-2.1-or-later
// Whether a step of a recovery may be taken now.
import { ErrorNumber, type VirtError } from '@virt/core'
import { operationInvalid, qemuError } from '../errors.js'
import { has, Migrate } from './flags.js'
import { isBefore, type Side } from './phases.js'
import { isFailedPostcopy, isPostcopy } from './postcopy.js'
import type { Migrating } from './reactions.js'

/** The phase that each step follows. */
const follows = {
  begin: 'postcopy_failed',
  prepare: 'postcopy_failed',
  p2p: 'postcopy_failed',
  perform: 'begin_resume',
  finish: 'prepare_resume',
  confirm: 'perform_resume',
} as const
export type ResumeStep = keyof typeof follows

/** @throws VirtError `argument-unsupported`: flags that no recovery can have */
export function checkResumeFlags(flags: number, step: ResumeStep): void {
  if (!has(flags, Migrate.postcopy))
    throw qemuError(
      ErrorNumber.ARGUMENT_UNSUPPORTED,
      'resuming failed post-copy migration requires post-copy to be enabled',
    )
  const atSource = step === 'begin' || step === 'perform'
  if (atSource && !has(flags, Migrate.changeProtection | Migrate.peer2peer))
    throw qemuError(ErrorNumber.ARGUMENT_UNSUPPORTED, 'resuming failed post-copy migration requires change protection')
}

/**
 * Whether a step may be taken.
 * @param guest undefined when it is in no migration of this side
 * @returns why not
 */
export function resumeRefusal(
  name: string,
  side: Side,
  guest: Migrating | undefined,
  step: ResumeStep,
): VirtError | undefined {
  if (guest === undefined || guest.side !== side)
    return operationInvalid(
      side === 'source'
        ? `domain '${name}' is not being migrated`
        : `domain '${name}' is not processing incoming migration`,
    )
  if (guest.owned) return operationInvalid(`migration of domain ${name} is being actively monitored by another thread`)
  if (!isPostcopy(guest, guest.interrupted))
    return operationInvalid(`migration of domain ${name} is not in post-copy phase`)
  if (isBefore(guest.phase, 'postcopy_failed') && !isFailedPostcopy(guest, guest.interrupted))
    return operationInvalid(`post-copy migration of domain ${name} has not failed`)
  if (isBefore(follows[step], guest.phase))
    return operationInvalid(`resuming failed post-copy migration of domain ${name} already in progress`)
  return undefined
}
