// SPDX-License-Identifier: LGPL-2.1-or-later
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { HostFiles } from '../src/files.js'

/** The files of a host, by path below its root; gone after the test. */
export function host(texts: Readonly<Record<string, string | Uint8Array>>): HostFiles {
  const root = mkdtempSync(join(tmpdir(), 'virt-linux-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  for (const [path, text] of Object.entries(texts)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return new HostFiles(root)
}

/** Files of processors: `[socket, core]` each. As the kernel does, siblings are those that are online. */
export function processors(
  places: readonly (readonly [number, number])[],
  online: readonly number[],
): Record<string, string> {
  const texts: Record<string, string> = {
    'sys/devices/system/cpu/present': `0-${places.length - 1}\n`,
    'sys/devices/system/cpu/online': `${online.join()}\n`,
  }
  for (const [cpu, [socket, core]] of places.entries()) {
    const folder = `sys/devices/system/cpu/cpu${cpu}/topology`
    texts[`${folder}/physical_package_id`] = `${socket}\n`
    texts[`${folder}/core_id`] = `${core}\n`
    texts[`${folder}/cluster_id`] = '-1\n'
    const siblings = places.flatMap((other, i) =>
      other[0] === socket && other[1] === core && online.includes(i) ? i : [],
    )
    texts[`${folder}/thread_siblings_list`] = `${siblings.join()}\n`
  }
  return texts
}
