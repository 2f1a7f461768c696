// SPDX-License-Identifier: LGPL-2.1-or-later
// What a guest shows and holds, as bytes: its screen, its memory, its disks.
import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { Domain } from '@virt/conf'
import {
  type ByteStream,
  type Call,
  ErrorDomain,
  type Resolvers,
  type SlotMethods,
  type SlotTable,
  systemFailure,
} from '@virt/core'
import { isEmpty } from '../devices/disks.js'
import type { QemuDomain } from '../domain/record.js'
import { invalidArg, operationInvalid, operationUnsupported } from '../errors.js'
import type { QemuState } from '../state.js'
import { requireDisk } from './disk-path.js'
import { runOf } from './impact.js'

/** `virDomainMemoryFlags` */
const Memory = { virtual: 1, physical: 2 } as const

export const pictureSupport: SlotTable = {
  domainScreenshot: { flags: 0, fn: 'qemuDomainScreenshot' },
  domainMemoryPeek: { flags: Memory.virtual | Memory.physical, fn: 'qemuDomainMemoryPeek' },
  domainBlockPeek: { flags: 0, fn: 'qemuDomainBlockPeek' },
}

/** Has QEMU fill a file of ours, which is gone from the folder when `fill` is done. @returns it, open */
async function filledBy(
  state: QemuState,
  domain: QemuDomain,
  kind: string,
  fill: (path: string) => Promise<unknown>,
): Promise<FileHandle> {
  const path = join(state.paths.cache, `qemu.${kind}.${randomUUID()}`)
  const { O_RDWR, O_CREAT, O_EXCL } = constants
  let file: FileHandle
  try {
    file = await open(path, O_RDWR | O_CREAT | O_EXCL, 0o600)
  } catch (error) {
    throw systemFailure(error, ErrorDomain.QEMU, `failed to create temporary file ${path}`)
  }
  try {
    await state.security.own(domain.def, path)
    await fill(path)
    return file
  } catch (error) {
    await file.close()
    throw error
  } finally {
    await unlink(path).catch(() => {})
  }
}

/** A file from its start to its end. It is closed with the stream. */
function fileStream(file: FileHandle): ByteStream {
  let at = 0
  let closed = false
  const close = async (): Promise<void> => {
    if (closed) return
    closed = true
    await file.close()
  }
  return {
    async read(max) {
      if (closed) return new Uint8Array()
      const bytes = new Uint8Array(max)
      const { bytesRead } = await file.read(bytes, 0, max, at)
      at += bytesRead
      return bytes.subarray(0, bytesRead)
    },
    write() {},
    finish: close,
    abort: () => void close(),
  }
}

/** The card that has a head, when heads are counted over all cards. @throws VirtError `operation-invalid` when there is none */
function cardOf({ devices }: Domain, screen: number): { readonly device: string; readonly head: number } {
  let head = screen
  for (const video of devices?.videos ?? []) {
    const heads = video.model?.heads ?? 1
    if (head < heads) return { device: video.alias ?? '', head }
    head -= heads
  }
  throw operationInvalid('no such screen ID')
}

async function screenshot(
  state: QemuState,
  call: Call,
  domain: QemuDomain,
  screen: number,
): Promise<{ stream: ByteStream; mime: string }> {
  return await domain.jobs.run(call, 'query', async (job) => {
    const { monitor, facts } = runOf(domain)
    if ((domain.def.devices?.videos.length ?? 0) === 0) throw operationInvalid('no screens to take screenshot from')
    const png = facts.caps.flags.has('screenshot-format-png')
    const card = screen === 0 ? undefined : cardOf(domain.def, screen)
    const file = await filledBy(state, domain, 'screendump', (filename) =>
      job.wait(monitor.command('screendump', { filename, ...card, ...(png ? { format: 'png' } : {}) })),
    )
    return { stream: fileStream(file), mime: png ? 'image/png' : 'image/x-portable-pixmap' }
  })
}

async function memoryPeek(
  state: QemuState,
  call: Call,
  domain: QemuDomain,
  offset: bigint,
  size: number,
  flags: number,
): Promise<Uint8Array> {
  if (flags !== Memory.virtual && flags !== Memory.physical)
    throw invalidArg('flags parameter must be VIR_MEMORY_VIRTUAL or VIR_MEMORY_PHYSICAL')
  return await domain.jobs.run(call, 'query', async (job) => {
    const { monitor } = runOf(domain)
    const command = flags === Memory.virtual ? 'memsave' : 'pmemsave'
    const file = await filledBy(state, domain, 'mem', (filename) =>
      job.wait(monitor.command(command, { val: offset, size, filename })),
    )
    try {
      return await whole(file, 0, size, 'the memory')
    } finally {
      await file.close()
    }
  })
}

async function whole(file: FileHandle, offset: number, size: number, name: string): Promise<Uint8Array> {
  const bytes = new Uint8Array(size)
  let got = 0
  while (got < size) {
    const { bytesRead } = await file.read(bytes, got, size - got, offset + got)
    if (bytesRead === 0) throw invalidArg(`'${name}' starting from ${offset} has only ${got} bytes available`)
    got += bytesRead
  }
  return bytes
}

async function blockPeek(domain: QemuDomain, name: string, offset: bigint, size: number): Promise<Uint8Array> {
  const disk = requireDisk(domain.def, name)
  const { source, driver } = disk
  if (source.type === 'vhostuser') throw operationUnsupported('peeking is not supported for vhostuser disk')
  const format = driver?.type ?? (isEmpty(disk) ? 'none' : 'raw')
  if (format !== 'raw')
    throw operationUnsupported(`peeking is only supported for disk with 'raw' format not '${format}'`)
  const path = source.type === 'file' ? source.file : source.type === 'block' ? source.dev : undefined
  if (path === undefined)
    throw operationUnsupported(
      `storage file reading is not supported for storage type ${source.type} (protocol: ${source.type === 'network' ? source.protocol : 'none'})`,
    )
  let file: FileHandle
  try {
    file = await open(path, constants.O_RDONLY)
  } catch (error) {
    throw systemFailure(error, ErrorDomain.STORAGE, `Failed to open file '${path}'`)
  }
  try {
    return await whole(file, Number(offset), size, name)
  } finally {
    await file.close()
  }
}

export function pictureSlots(state: QemuState): SlotMethods & Resolvers {
  return {
    domainScreenshot: (call, domain: QemuDomain, screen) => screenshot(state, call, domain, screen),
    domainMemoryPeek: (call, domain: QemuDomain, offset, size, flags) =>
      memoryPeek(state, call, domain, offset, size, flags),
    domainBlockPeek: (_call, domain: QemuDomain, path, offset, size) => blockPeek(domain, path, offset, size),
  }
}
