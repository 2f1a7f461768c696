// SPDX-License-Identifier: LGPL-2.1-or-later
// Recorded sessions, where the folder with them lies beside the checkout.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'

const folder = resolve(import.meta.dirname, '../../../../../shared/spec/traces')

/** One recorded packet. */
export interface Packet {
  readonly seq: number
  readonly conn: number
  readonly dir: 'c2s' | 's2c'
  readonly hex: string
  readonly malformed?: boolean
}

export const recorded: readonly string[] = existsSync(folder)
  ? readdirSync(folder)
      .filter((f) => f.endsWith('.jsonl'))
      .map((f) => f.slice(0, -6))
  : []
if (recorded.length === 0) console.warn(`SKIPPED: no recorded sessions in ${folder}`)

/** The packets of one recording, in order. */
export function packetsOf(name: string): Packet[] {
  return readFileSync(resolve(folder, `${name}.jsonl`), 'utf8')
    .split('\n')
    .slice(1)
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Packet & { event?: string })
    .filter((p) => p.event === undefined)
}
