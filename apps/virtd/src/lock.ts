// SPDX-License-Identifier: GPL-2.0-or-later
// One daemon per folder: a pid file that is taken only when its owner is gone.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { VirtError } from '@virt/core'

/** Takes the pid file of a run folder; the answer gives it back. @throws VirtError `operation-failed` naming the daemon that has it */
export function takeLock(run: string): Disposable {
  const file = join(run, 'virtd.pid')
  mkdirSync(dirname(file), { recursive: true })
  for (const rival of ['virtd.pid', 'libvirtd.pid']) {
    const pid = ownerOf(join(run, rival)) ?? ownerOf(join(run, '..', rival))
    if (pid !== undefined)
      throw new VirtError(`Failed to acquire pid file '${join(run, rival)}': process ${pid} has it`, {
        code: 'operation-failed',
        details: 'stop that daemon, or give another --root',
      })
  }
  writeFileSync(file, `${process.pid}\n`)
  return {
    [Symbol.dispose]() {
      if (ownPid(file)) rmSync(file, { force: true })
    },
  }
}

/** The live daemon that a pid file names. A pid that another program has got since does not count. */
function ownerOf(file: string): number | undefined {
  try {
    const pid = Number(readFileSync(file, 'utf8').trim())
    if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return undefined
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    return /virtd|node/.test(command) ? pid : undefined
  } catch {
    return undefined
  }
}

function ownPid(file: string): boolean {
  try {
    return Number(readFileSync(file, 'utf8')) === process.pid
  } catch {
    return false
  }
}
