// SPDX-License-Identifier: GPL-2.0-or-later
// One daemon per folder: a pid file that is taken only when its owner is gone.
import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { VirtError } from '@virt/core'

/** Daemons that keep their state in the same folders; libvirt's loggers and lockers keep none of it. */
const daemon = /^(?:libvirtd|virt(?!log|lock)[a-z]*d)\.pid$/

/** Those of them that have all of it. */
const whole = /^(?:libvirtd|virtd)\.pid$/

/**
 * Takes the pid file of a run folder; the answer gives it back. Daemons of single drivers live side by side.
 * @param name of the daemon: `virtd`, `virtqemud` …
 * @throws VirtError `operation-failed` naming the daemon that has it
 */
export function takeLock(run: string, name = 'virtd'): Disposable {
  mkdirSync(run, { recursive: true })
  const own = `${name}.pid`
  const rival = (file: string): boolean => (name === 'virtd' ? daemon.test(file) : file === own || whole.test(file))
  // libvirt's own lie beside the folder of its sockets.
  for (const folder of [run, join(run, '..')])
    for (const file of readdirSync(folder)) if (rival(file)) refuse(join(folder, file))
  const file = join(run, own)
  const mine = `${file}.${process.pid}`
  writeFileSync(mine, `${process.pid}\n`)
  try {
    while (!linked(mine, file)) {
      refuse(file)
      setAside(file)
    }
  } finally {
    unlinkSync(mine)
  }
  return {
    [Symbol.dispose]() {
      if (pidIn(file) === process.pid) unlinkSync(file)
    },
  }
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Moves a file away whose daemon is gone; when another daemon has been quicker, that one's is put back. */
function setAside(file: string): void {
  const aside = `${file}.${process.pid}.old`
  try {
    renameSync(file, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  try {
    if (ownerOf(aside) !== undefined) linked(aside, file)
  } finally {
    unlinkSync(aside)
  }
}

function refuse(file: string): void {
  const pid = ownerOf(file)
  if (pid !== undefined)
    throw new VirtError(`Failed to acquire pid file '${file}': process ${pid} has it`, {
      code: 'operation-failed',
      details: 'stop that daemon, or give another --root',
    })
}

/** The live daemon that a pid file names. A pid that another program has got since does not count. */
function ownerOf(file: string): number | undefined {
  const pid = pidIn(file)
  if (pid === undefined || pid === process.pid) return undefined
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    if (!/virt|node/.test(command)) return undefined
    // The file is as old as its daemon, but for the time it takes to get that far.
    return statSync(file).mtimeMs + 2000 < startOf(pid) ? undefined : pid
  } catch {
    return undefined
  }
}

/** When a process was started, ms since the epoch. */
function startOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const ticks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19])
  const boot = Number(/^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1] ?? 0)
  return boot * 1000 + ticks * 10
}

function pidIn(file: string): number | undefined {
  try {
    const pid = Number(readFileSync(file, 'utf8').trim())
    return Number.isInteger(pid) && pid > 0 ? pid : undefined
  } catch {
    return undefined
  }
}
