// SPDX-License-Identifier: LGPL-2.1-or-later
// What all steps of a guest that leaves have at hand, and setting its QEMU up and back.
import type { MigrationCookie } from '@virt/conf'
import { type ByteStream, ErrorNumber, type Json, type VirtError } from '@virt/core'
import type { QemuDomain } from '../domain/record.js'
import { qemuError } from '../errors.js'
import type { Run } from '../process/run.js'
import type { QemuState } from '../state.js'
import type { MigrationData, MigrationJob } from './data.js'
import { has, Migrate } from './flags.js'
import type { MigrationRequest } from './request.js'
import { dropCredentials } from './tls.js'
import {
  type Capability,
  capabilitiesOf,
  capabilityArguments,
  type Parameter,
  parameterArguments,
  parametersOf,
} from './tuning.js'

/** One migration on one of its sides, while somebody works on it. */
export interface Migration {
  readonly state: QemuState
  readonly domain: QemuDomain
  readonly run: Run
  readonly job: MigrationJob
  readonly data: MigrationData
  readonly request: MigrationRequest
  readonly flags: number
}

/** Where a source is told to send to. */
export interface Way {
  readonly uri: string
  readonly cookie: MigrationCookie | undefined
  /** Whether the host that this one has to hear of is gone. */
  readonly peerLost?: () => boolean
  /** What the guest goes through instead of a connection of its own. */
  readonly tunnel?: ByteStream | undefined
}

/** Somebody wants the migration to give up. */
export function aborted(): VirtError {
  return qemuError(ErrorNumber.OPERATION_ABORTED, "job 'migration out' canceled by client")
}

/** What this QEMU can do, asked for once. */
export async function ownCapabilities(run: Run, data: MigrationData): Promise<ReadonlySet<string>> {
  data.capabilities ??= capabilitiesOf(await run.monitor.command('query-migrate-capabilities'))
  return data.capabilities
}

/** Keeps QEMU's parameters for the end, on disk too: a new daemon may have to set them back. */
export async function saveParameters({ domain, run, data, job }: Migration): Promise<void> {
  data.parameters = parametersOf(await run.monitor.command('query-migrate-parameters'))
  job.changed()
  await domain.status?.saved()
}

/** Sets QEMU. @param mapping of bitmaps that go along */
export async function tune(
  { run, data }: Migration,
  on: ReadonlySet<Capability>,
  parameters: ReadonlyMap<Parameter, Json>,
  mapping: readonly Json[],
): Promise<void> {
  data.tuned = true
  const own = await ownCapabilities(run, data)
  const all = mapping.length === 0 ? on : new Set<Capability>([...on, 'dirty-bitmaps'])
  await run.monitor.command('migrate-set-capabilities', capabilityArguments(own, all))
  const rest = mapping.length === 0 ? {} : { 'block-bitmap-mapping': mapping }
  if (parameters.size > 0 || mapping.length > 0)
    await run.monitor.command('migrate-set-parameters', { ...Object.fromEntries(parameters), ...rest })
}

/** Sets QEMU back to what it was before. What is missing, or a QEMU that is gone, is no reason to fail. */
export async function resetTuning(run: Run, data: MigrationData): Promise<void> {
  if (!data.tuned) return
  data.tuned = false
  const own = data.capabilities ?? new Set()
  const { parameters = new Map<string, string>() } = data
  const commands = [
    { execute: 'migrate-set-capabilities', arguments: capabilityArguments(own, new Set()) },
    ...(parameters.size > 0 ? [{ execute: 'migrate-set-parameters', arguments: parameterArguments(parameters) }] : []),
    ...(has(data.flags, Migrate.tls) ? dropCredentials : []),
  ]
  await Promise.allSettled(run.monitor.commands(commands))
}
