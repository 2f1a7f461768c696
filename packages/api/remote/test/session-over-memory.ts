// SPDX-License-Identifier: LGPL-2.1-or-later
// A connection of the remote driver to a peer in memory.
import { type Connection, connect } from '@virt/core'
import { FakeClock, FakePeer, type Faults, type Handler, type Wire, wire } from '@virt/rpc/testing'
import { type RemoteOptions, remote } from '../src/index.js'

/** A connection and everything behind it. */
export interface Bench {
  readonly conn: Connection
  /** The wire and peer of now; a reconnecting session has several, one after the other. */
  readonly wires: Wire[]
  readonly peers: FakePeer[]
  readonly peer: FakePeer
  readonly wire: Wire
  readonly clock: FakeClock
}

/** Opens a connection to a peer that answers with `handlers`. */
export async function bench(
  handlers: Record<string, Handler> = {},
  options: RemoteOptions & { faults?: Faults; uri?: string; signal?: AbortSignal; readOnly?: boolean } = {},
): Promise<Bench> {
  const { faults, uri, signal, readOnly, ...driver } = options
  const wires: Wire[] = []
  const peers: FakePeer[] = []
  const clock = new FakeClock()
  const transport: RemoteOptions['transport'] = async () => {
    const w = wire(faults)
    wires.push(w)
    peers.push(new FakePeer(w.peer, handlers))
    return { duplex: w.client, secure: true, encrypted: false }
  }
  const conn = await connect(uri ?? 'test+unix:///default', {
    drivers: [remote({ transport, ...driver })],
    services: { clock },
    ...(signal === undefined ? {} : { signal }),
    ...(readOnly === undefined ? {} : { readOnly }),
  })
  return {
    conn,
    wires,
    peers,
    clock,
    get peer() {
      return peers.at(-1) as FakePeer
    },
    get wire() {
      return wires.at(-1) as Wire
    },
  }
}

/** Resolves when everything that is under way in memory has arrived. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 12; i++) await new Promise((resolve) => setImmediate(resolve))
}

export const dom = { name: 'web', uuid: '6695eb01-f6a4-8304-79aa-97f2502e193f', id: 1 }
