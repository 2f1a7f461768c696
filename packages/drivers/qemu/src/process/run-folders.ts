// SPDX-License-Identifier: LGPL-2.1-or-later
// The folders of a run of QEMU, and the key in them.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Domain } from '@virt/conf'
import { runName } from '../command/short-name.js'
import { internalError } from '../errors.js'
import { newMasterKey } from '../helpers/secret-values.js'
import type { QemuState } from '../state.js'
import type { RunFacts } from './run.js'
import { writeSevFiles } from './sev-files.js'

/** Folders of one run. */
export function placesOf(
  { paths }: QemuState,
  domain: { readonly name: string },
  id: number,
): Pick<RunFacts, 'libFolder' | 'channelFolder' | 'monitorPath'> {
  const libFolder = join(paths.lib, `domain-${runName(id, domain.name)}`)
  return {
    libFolder,
    channelFolder: join(paths.channels, runName(id, domain.name)),
    monitorPath: join(libFolder, 'monitor.sock'),
  }
}

/** Makes them, empty but for what QEMU finds there. */
export async function makeFolders(
  state: QemuState,
  document: Domain,
  { libFolder, channelFolder }: Pick<RunFacts, 'libFolder' | 'channelFolder'>,
): Promise<void> {
  for (const folder of [libFolder, channelFolder]) {
    await rm(folder, { recursive: true, force: true })
    await mkdir(folder, { recursive: true, mode: 0o750 })
  }
  // The key that secrets on the command line are encrypted with.
  const key = join(libFolder, 'master-key.aes')
  await writeFile(key, newMasterKey(), { mode: 0o600 }).catch((cause: unknown) => {
    throw internalError('failed to write master key file for domain', { cause })
  })
  const more = await writeSevFiles(document, libFolder)
  await state.security.own(document, libFolder, channelFolder, key, ...more)
}

/** The key of a run. */
export async function masterKeyOf(libFolder: string): Promise<Uint8Array> {
  return await readFile(join(libFolder, 'master-key.aes'))
}

/** Removes them. */
export async function removeFolders(facts: Pick<RunFacts, 'libFolder' | 'channelFolder'>): Promise<void> {
  for (const folder of [facts.libFolder, facts.channelFolder]) await rm(folder, { recursive: true, force: true })
}
