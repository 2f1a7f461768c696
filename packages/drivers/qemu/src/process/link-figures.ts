// SPDX-License-Identifier: LGPL-2.1-or-later
// What this host counts of the links that guests' cards stand on.
import { readFile } from 'node:fs/promises'
import type { DomainInterfaceStats } from '@virt/core'

/** Numbers of a link, as `/proc/net/dev` has them: eight of what it got, eight of what it sent. */
export async function linkFigures(device: string): Promise<readonly bigint[] | undefined> {
  const text = await readFile('/proc/net/dev', 'utf8')
  const row = text
    .split('\n')
    .map((line) => line.trim())
    .find((line) => line.startsWith(`${device}:`))
  return row
    ?.slice(device.length + 1)
    .trim()
    .split(/\s+/)
    .map(BigInt)
}

/** Figures of a card from the guest's side. @param shares the host's end counts what the guest's does: else one's input is the other's output */
export function cardStats(figures: readonly bigint[], shares: boolean): DomainInterfaceStats {
  const at = (i: number): bigint => figures[i] ?? 0n
  const got = { bytes: at(0), packets: at(1), errs: at(2), drop: at(3) }
  const sent = { bytes: at(8), packets: at(9), errs: at(10), drop: at(11) }
  const [rx, tx] = shares ? [got, sent] : [sent, got]
  return {
    rxBytes: rx.bytes,
    rxPackets: rx.packets,
    rxErrs: rx.errs,
    rxDrop: rx.drop,
    txBytes: tx.bytes,
    txPackets: tx.packets,
    txErrs: tx.errs,
    txDrop: tx.drop,
  }
}
