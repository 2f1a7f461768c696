// SPDX-License-Identifier: LGPL-2.1-or-later
// What a guest's log begins with: when, what, and how it could be done by hand.
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
