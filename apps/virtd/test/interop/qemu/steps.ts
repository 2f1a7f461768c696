// SPDX-License-Identifier: GPL-2.0-or-later
// Steps of a script of this folder by libvirt's own Python binding, sent to a daemon.
import { chmodSync, mkdirSync, mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { runProgram } from '../place.mjs'
import { PrivateHost } from './private-host.js'

/** A call, its answer, the events that came with it. */
export type Step = readonly [name: string, answer: unknown, events: unknown]

/** Runs `script` against the daemon at `socket`, with a folder of its own below `folder`. */
export async function stepsOf(script: string, socket: string, folder: string): Promise<Step[]> {
  const own = mkdtempSync(join(folder, 'steps-'))
  chmodSync(own, 0o755)
  const words = [join(import.meta.dirname, script), socket, own]
  const { stdout, stderr, code } = await runProgram('/usr/bin/python3', words, { timeout: 240_000 })
  if (code !== 0) throw new Error(stderr)
  return linesOf<Step>(stdout)
}

/**
 * Runs `script` on a private host of its own, with a folder there for images.
 * @param prefix with the daemon's name it is what the script's guests are called: hosts of one machine share control groups
 * @returns its lines
 */
export async function linesOnHost<T>(which: 'libvirtd' | 'virtd', script: string, prefix: string): Promise<T[]> {
  await using host = await PrivateHost.make()
  await using _daemon = await host.start(which)
  const folder = join(host.root, 'images')
  mkdirSync(folder)
  chmodSync(folder, 0o755)
  const words = [join(import.meta.dirname, script), '/run/libvirt/libvirt-sock', folder, `${prefix}${which}`]
  return linesOf<T>(await host.run('/usr/bin/python3', ...words))
}

/** What a script has said: a value in each line. */
export function linesOf<T>(said: string): T[] {
  return said
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T)
}
