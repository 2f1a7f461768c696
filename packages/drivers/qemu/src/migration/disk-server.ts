// SPDX-License-Identifier: LGPL-2.1-or-later
// The destination takes disks: images that are not there yet are made, and QEMU serves all of them by NBD to be written to.
import { rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Disk, Domain, MigrationCookie } from '@virt/conf'
import { isEmpty, nodesOfDisk } from '../devices/disks.js'
import { imagesOf } from '../devices/image.js'
import { internalError, invalidArg, operationUnsupported } from '../errors.js'
import { findProgram } from '../helpers/find.js'
import { runHelper } from '../helpers/program.js'
import { pathExists } from '../host/path-exists.js'
import type { QemuState } from '../state.js'
import { copiedDisks, driveOf, targetOf } from './disks.js'
import { has, Migrate } from './flags.js'
import type { Migration } from './leaving.js'
import { listenAddress } from './listener.js'
import type { MigrationRequest } from './request.js'

/** Where disks are taken, as QEMU is told. */
export type DiskAddress =
  | { readonly type: 'inet'; readonly host: string; readonly port: string }
  | { readonly type: 'unix'; readonly path: string }

/** Reads where disks are to be taken. @throws VirtError `invalid-arg` */
export function parseDisksUri(uri: string): DiskAddress {
  const [, scheme = '', rest = ''] = /^([a-z][a-z0-9+.-]*):(?:\/\/)?(.*)$/i.exec(uri) ?? []
  if (scheme === 'unix') {
    if (!rest.startsWith('/')) throw invalidArg('UNIX disks URI does not include path')
    return { type: 'unix', path: rest }
  }
  if (scheme !== 'tcp') throw invalidArg(`Unsupported scheme in disks URI: ${scheme}`)
  const [, bracket, plain, port] = /^(?:\[([^\]]*)\]|([^:/?]*))(?::(\d+))?(?:[/?].*)?$/.exec(rest) ?? []
  const host = bracket ?? plain ?? ''
  if (host === '') throw invalidArg(`URI with tcp scheme did not provide a server part: ${uri}`)
  return { type: 'inet', host, port: port ?? '0' }
}

/** @throws VirtError `invalid-arg` for a port that is none */
export function checkDisksPort(request: MigrationRequest): void {
  const port = request.number('disks_port')
  if (port !== undefined && (port < 0 || port > 65_535)) throw invalidArg('nbd port must be in range 0-65535')
}

/** The file of an image. @throws VirtError for one that cannot be made */
function fileOf(disk: Disk): string {
  const { source } = disk
  if (source.type !== 'file' || source.file === undefined)
    throw internalError(`cannot precreate storage for disk type '${source.type}'`)
  if (!source.file.includes('/')) throw invalidArg(`malformed disk path: ${source.file}`)
  return source.file
}

function pathOf({ source }: Disk): string | undefined {
  return source.type === 'file' ? source.file : source.type === 'block' ? source.dev : undefined
}

/**
 * Makes the images that are not there yet, as large as at the source.
 * differs: libvirt has a pool make them, and needs one whose folder it is.
 * @returns their files
 * @throws VirtError; none of them is then left
 */
export async function makeImages(
  state: QemuState,
  document: Domain,
  request: MigrationRequest,
  flags: number,
  nbd: MigrationCookie['nbd'],
): Promise<string[]> {
  const copied = copiedDisks(document, request, flags)
  const made: string[] = []
  try {
    for (const { target, capacity } of nbd?.disks ?? []) {
      const disk = document.devices?.disks.find((one) => targetOf(one) === target)
      if (disk === undefined)
        throw invalidArg(`unable to find disk target '${target}' for non-shared-storage migration`)
      const path = pathOf(disk)
      if (!copied.includes(disk) || (path !== undefined && (await pathExists(path)))) continue
      if (has(flags, Migrate.nonSharedInc))
        throw operationUnsupported(
          `pre-creation of storage target for incremental storage migration of disk '${target}' is not supported`,
        )
      const file = fileOf(disk)
      if (!(await pathExists(dirname(file)))) throw internalError(`cannot make ${file}: its folder is not there`)
      made.push(file)
      const format = disk.driver?.type ?? 'raw'
      await runHelper(state, document.name ?? '', {
        name: 'qemu-img',
        file: await findProgram('qemu-img'),
        args: ['create', '-f', format, ...(format === 'qcow2' ? ['-o', 'compat=1.1'] : []), file, String(capacity)],
      })
    }
    return made
  } catch (error) {
    await removeImages(made)
    throw error
  }
}

/** Removes images that were made for a guest that does not come. */
export async function removeImages(files: readonly string[]): Promise<void> {
  for (const file of files) await rm(file, { force: true })
}

/**
 * Has QEMU serve the disks that the source copies.
 * @returns the port, for the source; undefined where the caller has said where
 * @throws VirtError
 */
export async function serveDisks({ state, domain, run, data, request, flags }: Migration): Promise<number | undefined> {
  const disks = copiedDisks(domain.def, request, flags)
  for (const disk of disks)
    if (disk.readonly === true || isEmpty(disk))
      throw operationUnsupported(`Cannot migrate empty or read-only disk ${targetOf(disk)}`)
  if (disks.length === 0) return undefined
  const uri = request.text('disks_uri')
  let address: DiskAddress
  let port: number | undefined
  if (uri === undefined) {
    const wanted = request.number('disks_port') ?? 0
    port = wanted === 0 ? await state.migrationPorts.take() : wanted
    if (wanted === 0) data.disksPort = port
    address = { type: 'inet', host: listenAddress(state, request), port: String(port) }
  } else address = parseDisksUri(uri)
  const { type, ...rest } = address
  await run.monitor.command('nbd-server-start', {
    addr: { type, data: rest },
    ...(data.tls === undefined ? {} : { 'tls-creds': data.tls }),
  })
  data.servesDisks = true
  for (const disk of disks) {
    const node = nodesOfDisk({ has: (flag) => run.facts.caps.flags.has(flag) }, disk).image
    await run.monitor.command('block-export-add', {
      type: 'nbd',
      id: `libvirt-nbd-${node}`,
      'node-name': node,
      writable: true,
      name: driveOf(disk),
    })
  }
  return port
}

/** Nobody writes to the disks any more but the guest. One that does not serve is told in vain. */
export async function endServing({ run, data }: Pick<Migration, 'run' | 'data'>): Promise<void> {
  if (!data.servesDisks) return
  data.servesDisks = false
  await run.monitor.command('nbd-server-stop').catch(() => {})
}

/** Whether the guest's image is the bytes of a device, which may be larger over there. */
export function isRawDevice(disk: Disk): boolean {
  const [image] = imagesOf(disk).images
  return image?.format === 'raw' && image.source.type === 'block'
}
