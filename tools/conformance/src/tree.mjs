// SPDX-License-Identifier: GPL-2.0-or-later
// Packed folders (`*.tree.json`) and their way back to disk.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, normalize } from 'node:path'

/** Unpacks a tree into `folder`. */
export function unpackTree(tree, folder) {
  const place = (path) => {
    const full = join(folder, normalize(`/${path}`))
    mkdirSync(dirname(full), { recursive: true })
    return full
  }
  for (const [path, text] of Object.entries(tree.files ?? {})) writeFileSync(place(path), text)
  for (const [path, data] of Object.entries(tree.base64 ?? {})) writeFileSync(place(path), Buffer.from(data, 'base64'))
  for (const path of tree.emptyDirs ?? []) mkdirSync(place(`${path}/.`), { recursive: true })
  for (const [path, target] of Object.entries(tree.symlinks ?? {})) symlinkSync(target, place(path))
}

/** Runs `fn` with a temporary folder that is gone afterwards. */
export async function inScratch(fn) {
  const folder = mkdtempSync(join(tmpdir(), 'virt-conformance-'))
  try {
    return await fn(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
