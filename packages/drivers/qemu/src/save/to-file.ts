// SPDX-License-Identifier: LGPL-2.1-or-later
// Having QEMU write a guest's state to a file, as a migration that goes nowhere else.
import { type QemuDomain, refOf } from '../domain/record.js'
import { type DataJob, JobData } from '../jobs/data.js'
import { jobParams } from '../jobs/report.js'
import { cancelMigration, readFigures, waitForMigration } from '../jobs/wait.js'
import type { Run } from '../process/run.js'
import type { QemuState } from '../state.js'
import { type Filtered, writeThrough } from './filters.js'
import type { ImageFormat } from './header.js'

/** Bytes a second: no limit. A multiple of a MiB, as libvirt has it. */
const unlimited = ((2n ** 63n - 1n) >> 20n) << 20n

/** The data of a job that writes to a file. */
export function fileJob(state: QemuState, operation: number, job: DataJob, flags: number): JobData {
  const data = new JobData(operation, { measure: 'file', flags, started: state.services.clock.now() })
  job.info = data
  return data
}

/**
 * Writes.
 * @param fd of the file, at the place to begin at
 * @throws VirtError; QEMU then no longer writes
 */
export async function migrateToFile(
  state: QemuState,
  domain: QemuDomain,
  run: Run,
  data: JobData,
  fd: number,
  { format, bypassCache }: { readonly format: ImageFormat; readonly bypassCache: boolean },
): Promise<void> {
  const { monitor } = run
  let out: Filtered | undefined
  try {
    out = await writeThrough(state.native, fd, format, bypassCache)
    await monitor.command('migrate-set-parameters', { 'max-bandwidth': unlimited })
    await monitor.command('getfd', { fdname: 'migrate' }, { fds: [out.fd] })
    out.handedOver()
    await beginMigration(data, monitor.command('migrate', { uri: 'fd:migrate' }))
    await waitForMigration(domain, run, data)
    await readFigures(run, data)
    await out.finish()
  } catch (error) {
    await cancelMigration(domain, run, data).catch(() => {})
    out?.abort()
    throw error
  }
}

/** Has QEMU begin; one that is refused has not begun, and cannot be cancelled. @throws VirtError */
export async function beginMigration(data: JobData, command: Promise<unknown>): Promise<void> {
  data.status = 'migrating'
  try {
    await command
  } catch (error) {
    data.status = 'none'
    throw error
  }
}

/** The job has come to its end: its figures can be asked for from now on. */
export function complete(state: QemuState, domain: QemuDomain, data: JobData): void {
  data.status = 'completed'
  data.elapsed = BigInt(Math.max(0, state.services.clock.now() - data.started))
  const done = data.snapshot()
  domain.completed = done
  const params = jobParams(done, state.services.clock.now())
  state.domains.change(domain, (change) => change.emit('domain', 'jobCompleted', { dom: refOf(domain), params }))
}
