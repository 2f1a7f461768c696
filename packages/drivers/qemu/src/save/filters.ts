// SPDX-License-Identifier: LGPL-2.1-or-later
// Programs between QEMU and a file: they pack and unpack what QEMU writes, or keep it out of the host's cache.
import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '@virt/core'
import type { Native, Process } from '@virt/native'
import { operationFailed } from '../errors.js'
import type { ImageFormat } from './header.js'

/** A descriptor that QEMU gets, and what has to be done when it is through. */
export interface Filtered {
  readonly fd: number
  /** QEMU has its own copy; ours must not keep the program waiting. */
  handedOver(): void
  /** Waits until everything has come through. @throws VirtError when the program fails */
  finish(): Promise<void>
  /** Ends the program. */
  abort(): void
}

/** How a format is written and read; none: as it is. */
const programs: Partial<Record<ImageFormat, string>> = {
  gzip: 'gzip',
  bzip2: 'bzip2',
  xz: 'xz',
  lzop: 'lzop',
  zstd: 'zstd',
}

const folders = (process.env.PATH ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin').split(':')

/** The path of a program; undefined when there is none. */
function find(name: string): string | undefined {
  return folders
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}

/** Whether a format can be written on this host. */
export function canPack(format: ImageFormat): boolean {
  const program = programs[format]
  return program === undefined || find(program) !== undefined
}

/** A file as it is. */
function direct(fd: number): Filtered {
  return { fd, handedOver() {}, finish: async () => {}, abort() {} }
}

/** A program at the other end of a pipe. @param reads whether QEMU reads what it writes */
async function through(
  native: Native,
  name: string,
  args: readonly string[],
  fds: (ours: number) => readonly number[],
  reads: boolean,
): Promise<Filtered> {
  const path = find(name)
  if (path === undefined) throw operationFailed(`cannot find '${name}' in path`)
  const [read, write] = native.processes.pipe()
  const [qemus, theirs] = reads ? [read, write] : [write, read]
  let process: Process
  try {
    process = await native.processes.spawn({ file: path, args, env: { LC_ALL: 'C' }, fds: fds(theirs.fd) })
  } catch (error) {
    qemus.close()
    throw operationFailed(`cannot start ${path}: ${errnoOf(error).text}`)
  } finally {
    theirs.close()
  }
  return {
    fd: qemus.fd,
    handedOver: () => qemus.close(),
    async finish() {
      qemus.close()
      const { code, signal } = await process.wait()
      process.close()
      if (code !== 0) throw operationFailed(`${path} failed: ${signal ?? `exit status ${code}`}`)
    },
    abort() {
      qemus.close()
      if (process.closed) return
      if (!process.ended) process.kill('SIGKILL')
      void process.wait().then(
        () => process.close(),
        () => {},
      )
    },
  }
}

/**
 * What QEMU writes to.
 * @param fd of the file, at the place that QEMU's part begins at
 * @param bypassCache what is written stays out of the host's cache
 * @throws VirtError `operation-failed`
 */
export async function writeThrough(
  native: Native,
  fd: number,
  format: ImageFormat,
  bypassCache: boolean,
): Promise<Filtered> {
  const program = programs[format]
  if (program !== undefined) return await through(native, program, ['-c'], (own) => [own, fd, 2], false)
  if (!bypassCache) return direct(fd)
  // dd has the kernel drop what is written; direct writes could be of whole blocks only, which QEMU's part does not begin at.
  const args = ['bs=1M', 'iflag=fullblock', 'oflag=nocache', 'conv=fdatasync', 'status=none']
  return await through(native, 'dd', args, (own) => [own, fd, 2], false)
}

/** What QEMU reads from. @throws VirtError `operation-failed` */
export async function readThrough(native: Native, fd: number, format: ImageFormat): Promise<Filtered> {
  const program = programs[format]
  if (program === undefined) return direct(fd)
  return await through(native, program, ['-dc'], (own) => [fd, own, 2], true)
}
