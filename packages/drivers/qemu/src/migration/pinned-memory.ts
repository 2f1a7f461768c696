// SPDX-License-Identifier: LGPL-2.1-or-later
// Memory that a guest's process may lock while it migrates: pages that are sent without a copy stay where they are until they are sent.
import type { Domain } from '@virt/conf'
import { ErrorDomain, systemFailure } from '@virt/core'
import { operationInvalid } from '../errors.js'
import type { Migration } from './leaving.js'

const unlimited = (1n << 64n) - 1n

/** From here on limits of memory are none, in KiB. */
const noLimit = 9_007_199_254_740_991n

/**
 * A guest that goes by RDMA has its memory locked, which is limited to what its document says.
 * @throws VirtError `operation-invalid` when that says nothing
 */
export function requireMemoryLimit({ memtune }: Domain): void {
  const limit = memtune?.hard_limit ?? 0n
  if (limit === 0n || limit >= noLimit)
    throw operationInvalid('cannot start RDMA migration with no memory hard limit set')
}

type Limited = Pick<Migration, 'state' | 'domain' | 'run' | 'data'>

function limitFailure(error: unknown, { run }: Limited, bytes: bigint): Error {
  return systemFailure(error, ErrorDomain.QEMU, `cannot limit locked memory of process ${run.facts.pid} to ${bytes}`)
}

/** Sets what the process may lock. @throws VirtError `system-error` */
function limit(m: Limited, bytes: bigint): void {
  try {
    m.state.native.limits.set(m.run.facts.pid, 'memlock', bytes === unlimited ? 'unlimited' : bytes)
  } catch (error) {
    throw limitFailure(error, m, bytes)
  }
}

/** What the process may lock; who may not know may not change it either. @throws VirtError `system-error` */
function limitOf(m: Limited, wanted: bigint): bigint {
  try {
    const { soft } = m.state.native.limits.of(m.run.facts.pid, 'memlock')
    return soft === 'unlimited' ? unlimited : soft
  } catch (error) {
    throw limitFailure(error, m, wanted)
  }
}

/**
 * Lets the process lock all of the guest's memory: how much it locks at a time nobody knows.
 * @throws VirtError when it cannot be let
 */
export async function allowPinning(m: Migration): Promise<void> {
  const { memtune, memory } = m.domain.def
  const wanted = (memtune?.hard_limit ?? memory?.value ?? 0n) << 10n
  const before = limitOf(m, wanted)
  if (before >= wanted) return
  m.data.memoryLock = before
  await m.domain.status?.saved()
  try {
    limit(m, wanted)
  } catch (error) {
    m.data.memoryLock = undefined
    throw error
  }
}

/** Takes that back. */
export function forbidPinning(m: Limited): void {
  const { data, state, domain } = m
  if (data.memoryLock === undefined) return
  const before = data.memoryLock
  data.memoryLock = undefined
  try {
    limit(m, before)
  } catch (error) {
    state.services.log.warn(`${domain.name}: what it may lock stays changed: ${(error as Error).message}`)
  }
}
