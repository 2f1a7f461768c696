// SPDX-License-Identifier: GPL-2.0-or-later
// A guest that idles moves between two daemons of one kind, driven by one and the same client: how long each call takes, in ms.
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from '@virt/core'
import { remote } from '@virt/remote'
import { startLibvirtd, startVirtd } from '../../../apps/virtd/test/interop/peers.mjs'

const open = 'auth_unix_rw = "none"\nauth_unix_ro = "none"\n'
const uuidOf = (name) => `host_uuid = "62656e63-6800-4e00-8000-${Buffer.from(name.padEnd(6)).toString('hex')}"\n`
/** Two libvirtds on one host would wait for each other's groups, which have the same names. */
const noGroups = 'cgroup_controllers = []\n'
const guests = `user = "root"\ngroup = "root"\nsecurity_driver = "none"\n${noGroups}`

const starters = {
  libvirt: async (name) => await startLibvirtd({ name, settings: open + uuidOf(name), guests: noGroups }),
  async virt(name) {
    const daemon = await startVirtd({ settings: uuidOf(name) })
    // It reads that when the first client asks for guests.
    writeFileSync(join(daemon.root, 'etc/libvirt/qemu.conf'), guests)
    return daemon
  },
}

/** What a guest that idles never takes, in ms. */
const patience = 30_000

/** Says "!" on its serial port, and waits for ever. */
const code = 'b021baf803eef4ebfd'
const guestXml = (
  disk,
  serial,
) => `<domain type='qemu'><name>bench</name><uuid>62656e63-6800-4e00-8000-000000000001</uuid>
  <memory unit='MiB'>64</memory><os><type arch='x86_64' machine='pc'>hvm</type></os><features><acpi/></features>
  <devices><emulator>/usr/bin/qemu-system-x86_64</emulator>
  <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='${disk}'/><target dev='hda' bus='ide'/></disk>
  <serial type='file'><source path='${serial}' append='on'/></serial></devices></domain>`

/** Two daemons of one kind, and a guest's files. */
class Pair {
  static async start(side) {
    const pair = new Pair()
    pair.folder = mkdtempSync(join(tmpdir(), 'bench-migrate-'))
    chmodSync(pair.folder, 0o755)
    pair.disk = join(pair.folder, 'disk.img')
    pair.serial = join(pair.folder, 'serial')
    const disk = Buffer.alloc(64 * 1024)
    disk.write(code, 'hex')
    disk.writeUInt16LE(0xaa55, 510)
    writeFileSync(pair.disk, disk)
    pair.daemons = [await starters[side]('source'), await starters[side]('target')]
    pair.ends = await Promise.all(
      pair.daemons.map(({ socket }) => connect(`qemu+unix:///system?socket=${socket}`, { drivers: [remote()] })),
    )
    pair.ears = pair.ends.map(ear)
    await Promise.all(pair.ends.map((end) => end.subscribed('lifecycle')))
    // Each knows its QEMU.
    await pair.move()
    return pair
  }

  async move() {
    const [source, destination] = this.ends
    rmSync(this.serial, { force: true })
    const guest = await source.domains.create(guestXml(this.disk, this.serial))
    const runs = async () => {
      while (!existsSync(this.serial) || readFileSync(this.serial).length === 0)
        await sleep(5, undefined, { ref: false })
    }
    await inTime('that the guest runs', runs())
    const figures = {}
    const timed = this.ends.map((end) => timeCalls(end, figures))
    const [here, there] = this.ears
    const [stopped, goesOn] = [here('suspended'), there('resumed')]
    // The daemons do not know each other's ports.
    const uri = `tcp://127.0.0.1:${await freePort()}`
    const begin = performance.now()
    const moved = await inTime(
      () => `the migration, after ${JSON.stringify(figures)}`,
      guest.migrate(destination, { live: true, unsafe: true, uri }),
    )
    const call = performance.now() - begin
    for (const end of timed) end()
    const switchover =
      (await inTime('that the guest is told to go on', goesOn)) - (await inTime('that it stopped', stopped))
    await inTime('the end of the guest', moved.destroy())
    const { Begin, Prepare, Perform, Finish, Confirm } = figures
    return { call, begin: Begin, prepare: Prepare, perform: Perform, finish: Finish, confirm: Confirm, switchover }
  }

  async stop() {
    for (const end of this.ends) await end.close()
    for (const daemon of this.daemons) await daemon.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  return port
}

/** @param what is waited for, also as of then @throws Error when it takes too long: the round is lost, and the run goes on to its end */
async function inTime(what, promise) {
  let late
  const over = new Promise((_resolve, reject) => {
    late = setTimeout(() => {
      reject(new Error(`waited ${patience / 1000} s in vain for ${typeof what === 'function' ? what() : what}`))
    }, patience)
  })
  try {
    return await Promise.race([promise, over])
  } finally {
    clearTimeout(late)
  }
}

/** Notes how long a connection's calls of a migration take. @returns what ends that */
function timeCalls(connection, figures) {
  const { invoke } = connection
  connection.invoke = async (slot, ...rest) => {
    const begin = performance.now()
    const answer = await invoke.call(connection, slot, ...rest)
    const [, step] = /^domainMigrate([A-Z][a-z]+)3/.exec(slot.name) ?? []
    if (step !== undefined) figures[step] = performance.now() - begin
    return answer
  }
  return () => {
    connection.invoke = invoke
  }
}

/**
 * When a connection is told of something.
 * @returns what waits for the next time. Who listens goes on listening: libvirtd tells of nothing any more once the last one who
 * listened has left while it told him of something
 */
function ear(connection) {
  const waiting = new Map()
  connection.on('lifecycle', (_domain, { type }) => {
    waiting.get(type)?.(performance.now())
    waiting.delete(type)
  })
  return (type) => new Promise((resolve) => waiting.set(type, resolve))
}

const pairs = {}

/** One guest moves. */
export async function migrate({ side }) {
  pairs[side] ??= Pair.start(side)
  return await (await pairs[side]).move()
}

/** Ends the daemons. */
export async function endMigrations() {
  for (const [side, pair] of Object.entries(pairs)) {
    delete pairs[side]
    await (await pair).stop()
  }
}
