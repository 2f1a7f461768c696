// SPDX-License-Identifier: GPL-2.0-or-later
// Pairs of hosts on this one, each of daemons of one kind: what two virtd do is compared with what two libvirtd do.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Connection, connect } from '@virt/core'
import { remote } from '@virt/remote'
import { startLibvirtd } from '../peers.mjs'
import { Host } from './two-hosts.js'

/** Two daemons of one kind. */
export interface Pair {
  readonly source: Connection
  readonly destination: Connection
  /** Of both, for other clients. */
  readonly uris: readonly [string, string]
  end(): Promise<void>
}

const open = 'auth_unix_rw = "none"\nauth_unix_ro = "none"\nlisten_tls = 0\n'
/** Where the other one sends guests to when nobody says where; the two kinds are not in each other's way. */
const reached = (first: number): string =>
  `migration_host = "127.0.0.2"\nmigration_port_min = ${first}\nmigration_port_max = ${first + 31}\n`

/** Two libvirtd. */
export async function libvirtds(): Promise<Pair> {
  const ends = await Promise.all(
    ['alpha', 'beta'].map(async (name, i) => {
      const settings = `${open}host_uuid = "74686569-7273-4e00-8000-00000000001${i}"\n`
      const daemon = await startLibvirtd({ name, settings, guests: reached(49_400 + 32 * i) })
      const uri = `qemu+unix:///system?socket=${daemon.socket}`
      return { daemon, uri, conn: await connect(uri, { drivers: [remote()] }) }
    }),
  )
  const [a, b] = ends as [(typeof ends)[0], (typeof ends)[0]]
  return {
    source: a.conn,
    destination: b.conn,
    uris: [a.uri, b.uri],
    async end() {
      for (const { conn, daemon } of ends) {
        await conn.close()
        await daemon.stop()
      }
    },
  }
}

/** Two virtd. */
export async function virtds(): Promise<Pair> {
  const hosts = [new Host('gamma'), new Host('delta')] as const
  for (const [i, host] of hosts.entries())
    writeFileSync(
      join(host.root, 'etc/libvirt/qemu.conf'),
      `user = "root"\ngroup = "root"\n${reached(49_300 + 32 * i)}`,
    )
  const [source, destination] = (await Promise.all(hosts.map((host) => host.start()))) as [Connection, Connection]
  return {
    source,
    destination,
    uris: [hosts[0].uri, hosts[1].uri],
    async end() {
      for (const host of hosts) await host.end()
    },
  }
}
