// SPDX-License-Identifier: GPL-2.0-or-later
// Steps of a script of this folder by libvirt's own Python binding, sent to a daemon.
import { chmodSync, mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { runProgram } from '../place.mjs'

/** A call, its answer, the events that came with it. */
export type Step = readonly [name: string, answer: unknown, events: unknown]

/** Runs `script` against the daemon at `socket`, with a folder of its own below `folder`. */
export async function stepsOf(script: string, socket: string, folder: string): Promise<Step[]> {
  const own = mkdtempSync(join(folder, 'steps-'))
  chmodSync(own, 0o755)
  const words = [join(import.meta.dirname, script), socket, own]
  const { stdout, stderr, code } = await runProgram('/usr/bin/python3', words, { timeout: 240_000 })
  if (code !== 0) throw new Error(stderr)
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Step)
}
