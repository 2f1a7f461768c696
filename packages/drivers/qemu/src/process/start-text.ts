// SPDX-License-Identifier: LGPL-2.1-or-later
// How the start of a guest could be done by hand; with when and what it is what a guest's log begins with.
import { hostname, release } from 'node:os'
import type { QemuCaps } from '../capabilities/caps.js'
import type { QemuCommand } from '../command/build.js'
import { stamp } from './stamp.js'

/** @param now milliseconds since the epoch */
export function startText(now: number, caps: QemuCaps, { env, program, args }: QemuCommand): string {
  const version = [caps.version / 1_000_000, (caps.version / 1000) % 1000, caps.version % 1000]
    .map(Math.floor)
    .join('.')
  const lines = [...env.map(([name, value]) => `${name}=${quoted(value)}`), program, ...optionLines(args)]
  return `${stamp(now)}: starting up libvirt version: 11.3.0, qemu version: ${version}${caps.package}, kernel: ${release()}, hostname: ${hostname()}\n${lines.join(' \\\n')}\n`
}

/** A command as one line, which a shell would understand. */
export function commandText({ env, program, args }: QemuCommand): string {
  return [...env.map(([name, value]) => `${name}=${quoted(value)}`), program, ...args.map(quoted)].join(' ')
}

/** An option and its value are one line. */
function optionLines(args: readonly string[]): string[] {
  const isOption = (word: string | undefined): boolean => word?.startsWith('-') === true
  const lines: string[] = []
  args.forEach((word, at) => {
    if (isOption(args[at - 1]) && !isOption(word)) lines.push(`${lines.pop()} ${quoted(word)}`)
    else lines.push(quoted(word))
  })
  return lines
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
