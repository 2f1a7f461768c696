// SPDX-License-Identifier: GPL-2.0-or-later
// Guests that a test has left running, and their control groups: nobody else takes those away once the daemon is gone.
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { rmdir } from 'node:fs/promises'
import { join } from 'node:path'

const top = '/sys/fs/cgroup'

/** @param {string} pid */
function wordsOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    return []
  }
}

/** The network namespace of a process; undefined when there is none any more. @param {number | string | undefined} pid */
export function networkOf(pid) {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`)
  } catch {
    return undefined
  }
}

/** Processes of QEMU that `belongs` says yes to. @param {(pid: number, words: readonly string[]) => boolean} belongs */
export function guestsThat(belongs) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), words: wordsOf(name) }))
    .filter(({ pid, words }) => words[0]?.includes('qemu-system') === true && belongs(pid, words))
}

/** Guests whose files are below a folder. @param {string} root */
export const guestsBelow = (root) => guestsThat((_pid, words) => words.some((word) => word.includes(root)))

/**
 * Ends processes of guests at once, and takes away groups that were of each alone.
 * @param {readonly number[]} pids
 */
export async function endGuests(pids) {
  const groups = pids.flatMap((pid) => {
    const places = groupsOf(pid)
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It has ended by itself.
    }
    return places
  })
  await Promise.all(groups.map(removeGroup))
}

/** Groups that are of a guest alone: the one that is named after it, of each kind. @param {number} pid */
function groupsOf(pid) {
  let lines
  try {
    lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().split('\n')
  } catch {
    return []
  }
  return lines.flatMap((line) => {
    const [, controllers = '', path = ''] = line.split(':')
    const own = /^.*?\/(?:qemu-\d+-|qemu-embed-|machine-qemu)[^/]*/.exec(path)?.[0]
    const where = [top, controllers === '' ? 'unified' : controllers.replace('name=', '')]
    return own === undefined ? [] : [join(...where, own), join(top, own)]
  })
}

/** Takes a group away as soon as the kernel has let go of the last that was in it. @param {string} place */
async function removeGroup(place) {
  if (!existsSync(place)) return
  for (const one of readdirSync(place, { withFileTypes: true }))
    if (one.isDirectory()) await removeGroup(join(place, one.name))
  for (let i = 0; i < 40 && existsSync(place); i++) {
    await rmdir(place).catch(() => {})
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}
