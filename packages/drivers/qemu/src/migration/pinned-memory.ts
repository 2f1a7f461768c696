// SPDX-License-Identifier: LGPL-2.1-or-later
// Memory that a guest's process may lock while it migrates: pages that are sent without a copy stay where they are until they are sent.
import { readFile } from 'node:fs/promises'
import { ErrorNumber } from '@virt/core'
import { qemuError } from '../errors.js'
import { findProgram } from '../helpers/find.js'
import { runHelper } from '../helpers/program.js'
import type { Migration } from './leaving.js'

const unlimited = (1n << 64n) - 1n

/** Bytes that a process may lock. */
async function limitOf(pid: number): Promise<bigint | undefined> {
  const [, soft] = /^Max locked memory\s+(\w+)/m.exec(await readFile(`/proc/${pid}/limits`, 'utf8')) ?? []
  return soft === undefined ? undefined : soft === 'unlimited' ? unlimited : BigInt(soft)
}

async function limit({ state, domain, run }: Limited, bytes: bigint): Promise<void> {
  const most = bytes === unlimited ? 'unlimited' : String(bytes)
  const args = ['--pid', String(run.facts.pid), `--memlock=${most}:${most}`]
  const program = { name: 'prlimit', file: await findProgram('prlimit'), args }
  await runHelper(state, domain.name, program).catch((cause: unknown) => {
    throw qemuError(
      ErrorNumber.SYSTEM_ERROR,
      `cannot limit locked memory of process ${run.facts.pid} to ${bytes}: Operation not permitted`,
      { cause },
    )
  })
}

type Limited = Pick<Migration, 'state' | 'domain' | 'run' | 'data'>

/**
 * Lets the process lock all of the guest's memory: how much it locks at a time nobody knows.
 * @throws VirtError when it cannot be let
 */
export async function allowPinning(m: Migration): Promise<void> {
  const { memtune, memory } = m.domain.def
  const wanted = (memtune?.hard_limit ?? memory?.value ?? 0n) << 10n
  const before = await limitOf(m.run.facts.pid)
  if (before === undefined || before >= wanted) return
  m.data.memoryLock = before
  await m.domain.status?.saved()
  await limit(m, wanted).catch((error: unknown) => {
    m.data.memoryLock = undefined
    throw error
  })
}

/** Takes that back. */
export async function forbidPinning(m: Limited): Promise<void> {
  const { data, state, domain } = m
  if (data.memoryLock === undefined) return
  const before = data.memoryLock
  data.memoryLock = undefined
  await limit(m, before).catch((error: unknown) =>
    state.services.log.warn(`${domain.name}: what it may lock stays changed: ${(error as Error).message}`),
  )
}
