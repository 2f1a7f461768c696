// SPDX-License-Identifier: LGPL-2.1-or-later
// The source copies disks: QEMU writes them to the destination's, first what is there, then all that the guest writes, until the
// guest stands still for the other host.
import type { Disk } from '@virt/conf'
import { ErrorNumber, type VirtError } from '@virt/core'
import { nodesOfDisk } from '../devices/disks.js'
import type { QemuDomain } from '../domain/record.js'
import { operationFailed, operationUnsupported, qemuError } from '../errors.js'
import type { JobData } from '../jobs/data.js'
import { type DiskCopy, newCopy, readMirrors } from '../jobs/mirrors.js'
import { requireRun } from '../jobs/wait.js'
import type { Run } from '../process/run.js'
import { BlockRows, blockQuestions } from '../stats/block-rows.js'
import { type DiskAddress, isRawDevice, parseDisksUri } from './disk-server.js'
import { copiedDisks, driveOf, targetOf } from './disks.js'
import { has, Migrate } from './flags.js'
import { aborted, type Migration, type Way } from './leaving.js'
import { parseTarget } from './target.js'

/** MiB/s that QEMU can be told of. */
const fastestCopy = (1n << 43n) - 1n

const storage = (target: string): string => `migration-${target}-storage`
const slice = (target: string): string => `migration-${target}-slice-sto`

/** Whether QEMU has nothing to do for a copy any more. */
function isOver({ word }: DiskCopy): boolean {
  return word === 'concluded' || word === 'null'
}

/** What has gone wrong with a copy that is to go on. */
export function copyFailure(data: JobData): VirtError | undefined {
  for (const copy of data.copies.values())
    if (!copy.ending && (isOver(copy) || copy.word === 'aborting')) return failureOf(copy)
  return undefined
}

function failureOf({ target, error }: DiskCopy): VirtError {
  return operationFailed(`migration of disk ${target} failed${error === undefined ? '' : `: ${error}`}`)
}

/** Where the destination takes disks. @throws VirtError when it does not say */
function addressOf({ request }: Migration, { uri, cookie }: Way): DiskAddress {
  const given = request.text('disks_uri')
  if (given !== undefined) return parseDisksUri(given)
  const target = parseTarget(uri)
  const port = cookie?.nbd?.port
  if (target.scheme === 'unix' || port === undefined)
    throw operationUnsupported('the destination does not say where it takes disks')
  return { type: 'inet', host: target.host.replace(/^\[|\]$/g, ''), port: String(port) }
}

/**
 * Begins to copy, and waits until the destination's disks are as the guest's.
 * @throws VirtError why they are not
 */
export async function copyDisks(m: Migration, way: Way): Promise<void> {
  const { domain, run, data, job, request, flags } = m
  const disks = copiedDisks(domain.def, request, flags)
  if (disks.length === 0) return
  const address = addressOf(m, way)
  if (address.type === 'unix' && has(flags, Migrate.tls))
    throw operationUnsupported('NBD migration with TLS is not supported over UNIX socket')
  if (domain.migrationSpeed > fastestCopy)
    throw qemuError(ErrorNumber.OVERFLOW, `bandwidth must be less than ${fastestCopy}`)
  if (address.type === 'unix') await m.state.security.own(domain.def, address.path)
  for (const disk of disks) {
    if (job.aborted) throw aborted()
    await beginCopy(m, disk, address)
  }
  await domain.jobs.until(() => {
    requireRun(domain, run)
    if (job.aborted) throw aborted()
    const failure = copyFailure(data)
    if (failure !== undefined) throw failure
    return [...data.copies.values()].every(({ word }) => word === 'ready' || word === 'standby')
  })
  await readMirrors(run, data)
}

async function beginCopy(m: Migration, disk: Disk, { type, ...where }: DiskAddress): Promise<void> {
  const { domain, run, data, job, request, flags } = m
  const { monitor } = run
  const target = targetOf(disk)
  const id = driveOf(disk)
  const zeroes = request.texts('migrate_disks_detect_zeroes').includes(target)
  // Written down first: whoever comes after this daemon ends it.
  data.copies.set(id, newCopy(target, id))
  job.changed()
  await domain.status?.saved()
  await monitor.command('blockdev-add', {
    driver: 'nbd',
    server: { type, ...where },
    export: id,
    ...(data.tls === undefined ? {} : { 'tls-creds': data.tls, ...tlsName(m) }),
    'node-name': storage(target),
    'read-only': false,
    ...(zeroes ? { 'detect-zeroes': 'unmap' } : {}),
    discard: 'unmap',
  })
  const size = isRawDevice(disk) ? await capacityOf(run, disk) : undefined
  if (size !== undefined)
    await monitor.command('blockdev-add', {
      driver: 'raw',
      file: storage(target),
      'node-name': slice(target),
      size,
    })
  await monitor.command('blockdev-mirror', {
    'job-id': id,
    device: nodesOfDisk({ has: (flag) => run.facts.caps.flags.has(flag) }, disk).device,
    target: size === undefined ? storage(target) : slice(target),
    speed: domain.migrationSpeed * 1024n * 1024n,
    sync: has(flags, Migrate.nonSharedInc) ? 'top' : 'full',
    'auto-finalize': true,
    'auto-dismiss': false,
    ...(has(flags, Migrate.synchronousWrites) ? { 'copy-mode': 'write-blocking' } : {}),
  })
}

/** The name in the destination's certificate, where this QEMU can look for another than the one it connects to. */
function tlsName({ run, data }: Migration): { 'tls-hostname'?: string } {
  const known = run.facts.caps.flags.has('blockdev.nbd.tls-hostname')
  return known && data.tlsName !== undefined && data.tlsName !== '' ? { 'tls-hostname': data.tlsName } : {}
}

async function capacityOf(run: Run, disk: Disk): Promise<bigint | undefined> {
  const rows = BlockRows.of(await Promise.all(run.monitor.commands(blockQuestions)))
  return rows.sizes(disk.source.index ?? 0).capacity
}

/**
 * Ends copying.
 * @param forced what is not copied yet is not waited for
 * @throws VirtError for a copy that is not whole, unless forced
 */
export async function endCopies(domain: QemuDomain, run: Run, data: JobData, forced: boolean): Promise<void> {
  if (data.copies.size === 0) return
  if (!forced) await readMirrors(run, data)
  for (const copy of data.copies.values()) {
    if (!forced && (isOver(copy) || copy.word === 'aborting')) throw failureOf(copy)
    copy.ending = true
    if (isOver(copy)) continue
    await run.monitor
      .command('block-job-cancel', { device: copy.id, ...(forced ? { force: true } : {}) })
      // One that does not exist has ended, or never began.
      .catch(() => {
        copy.word = 'null'
      })
  }
  await domain.jobs.until(() => {
    requireRun(domain, run)
    return [...data.copies.values()].every(isOver)
  })
  let failure: VirtError | undefined
  for (const copy of data.copies.values()) {
    const { id, target } = copy
    if (copy.word !== 'null') await run.monitor.command('job-dismiss', { id }).catch(() => {})
    for (const node of [slice(target), storage(target)])
      await run.monitor.command('blockdev-del', { 'node-name': node }).catch(() => {})
    data.copies.delete(id)
    if (!forced && copy.error !== undefined) failure ??= failureOf(copy)
  }
  if (failure !== undefined) throw failure
}
