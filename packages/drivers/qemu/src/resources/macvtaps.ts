// SPDX-License-Identifier: LGPL-2.1-or-later
// Macvtaps: interfaces that share a link of the host's with it. They are made for a start and stay until they are removed; the guest's
// address is theirs too, so that they are up only while its processors run.
import { type FileHandle, mkdir, open, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as later } from 'node:timers/promises'
import type { Domain, Interface } from '@virt/conf'
import { ErrorDomain, systemFailure } from '@virt/core'
import type { LinkTable, Native } from '@virt/native'
import { configUnsupported, operationUnsupported } from '../errors.js'
import type { QemuState } from '../state.js'

type Mode = 'private' | 'vepa' | 'bridge' | 'passthru'

/** What an interface of this kind is on. */
interface Plug {
  readonly parent: string
  readonly mode: Mode
}

/** Undefined for interfaces of other kinds. */
function plugOf(net: Interface): Plug | undefined {
  const found = net.type === 'network' ? net.actual : net
  if (found?.type !== 'direct') return undefined
  const mode = found.source?.mode ?? 'vepa'
  return { parent: found.source?.dev ?? '', mode: mode === 'passthrough' ? 'passthru' : (mode as Mode) }
}

/** Whether an interface shares a link of the host's. */
export const isDirect = (net: Interface): boolean => plugOf(net) !== undefined

const directs = ({ devices }: Domain): Interface[] => (devices?.interfaces ?? []).filter(isDirect)

/** Where the address is kept that a link had before a guest alone has it. */
const keptAt = (folder: string, parent: string): string => join(folder, 'links', parent)

/** The guest alone has the link, by its own address. @param name of the macvtap, of which there is one at a time */
async function lend(table: LinkTable, folder: string, parent: string, name: string, mac: string): Promise<void> {
  const before = (await table.find(parent))?.mac
  if (before === undefined) return
  const path = keptAt(folder, parent)
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await writeFile(path, JSON.stringify({ mac: before, name }), { mode: 0o600 })
  await table.set(parent, { mac })
}

/** Undoes it; what was lent to another macvtap stays lent. */
async function takeBack(table: LinkTable, folder: string, parent: string, name: string): Promise<void> {
  const path = keptAt(folder, parent)
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) return
  const kept = JSON.parse(text) as { readonly mac?: unknown; readonly name?: unknown }
  if (kept.name !== name) return
  if (typeof kept.mac === 'string') await table.set(parent, { mac: kept.mac })
  await rm(path, { force: true })
}

/** Tries to find the device of a link that is new, and milliseconds between them. */
const patience = { tries: 20, pause: 20 }

async function openDevice(index: number): Promise<FileHandle> {
  const path = `/dev/tap${index}`
  for (let left = patience.tries; ; left--) {
    try {
      return await open(path, 'r+')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || left <= 1)
        throw systemFailure(error, ErrorDomain.NONE, `cannot open macvtap tap device ${path}`)
      // Whoever makes devices of new links is another program.
      await later(patience.pause)
    }
  }
}

/**
 * Opens one queue of an interface's macvtap.
 * @param index which queue; with the first the link is made
 * @param folder for what a link was before
 * @param made links of this start, which a failure removes
 * @throws VirtError
 */
export async function openMacvtap(
  native: Native,
  net: Interface,
  index: number,
  folder: string,
  made: string[],
): Promise<FileHandle> {
  const plug = plugOf(net)
  const name = net.target?.dev
  if (plug === undefined || name === undefined)
    throw configUnsupported(`no macvtap for an interface of type '${net.type}'`)
  if ((net.type === 'network' ? net.actual : net)?.virtualport?.type !== undefined)
    throw operationUnsupported('Virtual port profile association not supported on this platform')
  const table = await native.links.open()
  try {
    if (index === 0) {
      await make(table, net, plug, name)
      made.push(name)
      // Only whoever has made one on it has the link: the kernel makes no second one.
      const mac = net.mac?.address
      if (plug.mode === 'passthru' && mac !== undefined) await lend(table, folder, plug.parent, name, mac)
    }
    const link = await table.find(name)
    return await openDevice(link?.index ?? 0)
  } finally {
    table.close()
  }
}

async function make(table: LinkTable, net: Interface, { parent, mode }: Plug, name: string): Promise<void> {
  const mac = net.mac?.address
  const below = await table.find(parent)
  if (below === undefined)
    throw systemFailure({ code: 'ENODEV' }, ErrorDomain.NONE, `Unable to get index for interface ${parent}`)
  try {
    await table.create({ kind: 'macvtap', name, parent: below.index, mode, ...(mac === undefined ? {} : { mac }) })
  } catch (error) {
    throw systemFailure(error, ErrorDomain.NONE, `error creating macvtap interface ${name}@${parent} (${mac})`)
  }
}

/** Lets packets through while a guest's processors run, and none while they do not. @throws VirtError */
export async function turnMacvtaps(native: Native, document: Domain, up: boolean): Promise<void> {
  const found = directs(document)
  if (found.length === 0) return
  const table = await native.links.open()
  try {
    for (const net of found) {
      const name = net.target?.dev ?? ''
      const link = await table.find(name)
      if (link === undefined || link.up === up) continue
      const { parent = '', mode } = plugOf(net) ?? {}
      if (up && (await table.find(parent))?.up === false) await table.set(parent, { up })
      await table.set(name, { up })
      // Nobody else is on it.
      if (!up && mode === 'passthru') await table.set(parent, { up })
    }
  } catch (error) {
    throw systemFailure(error, ErrorDomain.NONE, 'Cannot set interface flags')
  } finally {
    table.close()
  }
}

/** Removes those of a guest, as far as it can. @param only of these names; all when undefined */
export async function removeMacvtaps(
  { native, paths, services }: QemuState,
  document: Domain,
  only?: readonly string[],
): Promise<void> {
  await remove(native, document, paths.run, only).catch((error: Error) =>
    services.log.warn(`${document.name}: a link of its was not removed: ${error.message}`),
  )
}

async function remove(
  native: Native,
  document: Domain,
  folder: string,
  only: readonly string[] | undefined,
): Promise<void> {
  const found = directs(document).filter((net) => only === undefined || only.includes(net.target?.dev ?? ''))
  if (found.length === 0) return
  const table = await native.links.open()
  const failures: unknown[] = []
  try {
    for (const net of found) await removeOne(table, net, folder).catch((error: unknown) => failures.push(error))
  } finally {
    table.close()
  }
  if (failures.length > 0) throw failures[0]
}

async function removeOne(table: LinkTable, net: Interface, folder: string): Promise<void> {
  const plug = plugOf(net)
  const name = net.target?.dev
  if (plug === undefined || name === undefined) return
  try {
    const [link, below] = [await table.find(name), await table.find(plug.parent)]
    // Of a start that was cut short nobody knows what it has made: others' links have names too.
    if (link?.kind === 'macvtap' && below !== undefined && link.parent === below.index) await table.delete(name)
  } finally {
    if (plug.mode === 'passthru') await takeBack(table, folder, plug.parent, name)
  }
}
