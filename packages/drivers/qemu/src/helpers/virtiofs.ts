// SPDX-License-Identifier: LGPL-2.1-or-later
// Folders by virtiofsd: a program for each.
import type { Domain, Filesystem } from '@virt/conf'
import { virtiofsSocket } from '../devices/filesystems.js'
import { configUnsupported } from '../errors.js'
import { interopFolders, readInterop } from '../firmware/interop.js'
import { parseVhostUser } from '../firmware/vhost-user.js'
import type { QemuState } from '../state.js'
import { startHelper } from './program.js'

/** Folders that a program of ours serves. */
export function servedFolders({ devices }: Domain): Filesystem[] {
  return (devices?.filesystems ?? []).filter(
    ({ driver, source }) => driver?.type === 'virtiofs' && source?.socket === undefined,
  )
}

/** The program for folders, as its description names it. */
async function programOf({ binary }: Filesystem): Promise<string> {
  if (binary?.path !== undefined) return binary.path
  const all = await readInterop(interopFolders('vhost-user', true), parseVhostUser, () => {})
  const found = all.find(({ value }) => value.type === 'fs')
  if (found === undefined) throw configUnsupported('Unable to find a satisfying virtiofsd')
  return found.value.binary
}

/** Its options, as both of the programs of that name know them. */
export function virtiofsArgs({ source, binary, readonly }: Filesystem, socket: string): string[] {
  const { cache, sandbox, xattr, lock, thread_pool: threads, openfiles } = binary ?? {}
  const flag = (name: string, value: boolean | undefined): string[] =>
    value === undefined ? [] : [value ? name : `no_${name}`]
  const options = [
    `source=${source?.dir ?? ''}`,
    ...(cache === undefined ? [] : [`cache=${cache}`]),
    ...(sandbox === undefined ? [] : [`sandbox=${sandbox}`]),
    ...flag('xattr', xattr),
    ...flag('flock', lock?.flock),
    ...flag('posix_lock', lock?.posix),
  ]
  return [
    `--socket-path=${socket}`,
    '-o',
    options.join(','),
    ...(threads === undefined || threads < 0 ? [] : [`--thread-pool-size=${threads}`]),
    ...(openfiles === undefined || openfiles === 0n ? [] : [`--rlimit-nofile=${openfiles}`]),
    ...(readonly === true ? ['--readonly'] : []),
  ]
}

/** Starts the program of a folder, which listens on a socket for the guest. @throws VirtError */
export async function startVirtiofs(state: QemuState, document: Domain, lib: string, fs: Filesystem): Promise<void> {
  const socket = virtiofsSocket(lib, fs)
  await startHelper(state, document.name ?? '', lib, {
    name: `${fs.alias}-virtiofsd`,
    file: await programOf(fs),
    args: virtiofsArgs(fs, socket),
    socket,
  })
  await state.security.own(document, socket)
}
