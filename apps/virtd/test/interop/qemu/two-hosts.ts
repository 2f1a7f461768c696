// SPDX-License-Identifier: GPL-2.0-or-later
// Two hosts on one: daemons with folders, host UUIDs and host names of their own, and a way between them that can be cut.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect as connectTo, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { type Connection, connect } from '@virt/core'
import { remote } from '@virt/remote'
import { openFolder } from './guest.js'

const program = join(import.meta.dirname, '../../../dist/main.cjs')

/** One host. */
export class Host {
  readonly root: string
  readonly name: string
  readonly #told: (readonly [guest: string, what: string])[] = []
  #child: ChildProcess | undefined
  connection: Connection | undefined

  constructor(name: string) {
    this.name = name
    this.root = openFolder(`virtd-${name}-`)
    mkdirSync(join(this.root, 'etc/libvirt'), { recursive: true })
    const uuid = `6d696772-6174-4e00-8000-${Buffer.from(name.padEnd(6).slice(0, 6)).toString('hex')}`
    writeFileSync(join(this.root, 'etc/libvirt/virtd.conf'), `host_uuid = "${uuid}"\n`)
  }

  async start(): Promise<Connection> {
    const script = `hostname ${this.name} && exec "$@"`
    const words = ['-u', 'sh', '-c', script, 'sh', process.execPath, program, '--root', this.root]
    const child = spawn('unshare', words, { stdio: ['ignore', 'pipe', 'inherit'] })
    this.#child = child
    await once(child.stdout, 'data')
    return await this.connect()
  }

  get uri(): string {
    return `qemu+unix:///system?socket=${join(this.root, 'run/libvirt/libvirt-sock')}`
  }

  async connect(): Promise<Connection> {
    const connection = await connect(this.uri, { drivers: [remote()] })
    connection.on('lifecycle', ({ name }, event) => this.#told.push([name, `${event.type} ${event.detail}`]))
    await connection.subscribed('lifecycle')
    this.connection = connection
    return connection
  }

  /** What was told of a guest. */
  told(guest: string): string[] {
    return this.#told.flatMap(([name, what]) => (name === guest ? [what] : []))
  }

  /** Ends the daemon at once; guests live on. */
  async kill(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined || child.exitCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }

  /** Processes of guests of this host. */
  guests(): number[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => {
        const words = wordsOf(pid)
        return words[0]?.includes('qemu-system') === true && words.some((word) => word.includes(this.root))
      })
  }

  async end(): Promise<void> {
    this.connection?.destroy()
    await this.kill()
    for (const pid of this.guests()) process.kill(pid, 'SIGKILL')
    rmSync(this.root, { recursive: true, force: true })
  }
}

function wordsOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    return []
  }
}

/** The way between two hosts: what comes to one address goes to the other. */
export class Way {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  /** Milliseconds that new connections are held before anybody hears of them. */
  hold = 0
  readonly port: number

  private constructor(server: Server, port: number) {
    this.#server = server
    this.port = port
  }

  static readonly from = '127.0.0.1'
  static readonly to = '127.0.0.2'

  static async open(): Promise<Way> {
    const server = createServer({ pauseOnConnect: true })
    server.listen(0, Way.from)
    await once(server, 'listening')
    const way = new Way(server, (server.address() as { port: number }).port)
    server.on('connection', (near) => way.#join(near))
    return way
  }

  #join(near: Socket): void {
    this.#keep(near)
    setTimeout(() => {
      if (near.destroyed) return
      const far = connectTo(this.port, Way.to)
      this.#keep(far)
      near.pipe(far)
      far.pipe(near)
    }, this.hold)
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => this.#sockets.delete(socket))
  }

  /** How many are connected, or held. */
  get connections(): number {
    return this.#sockets.size
  }

  /** Everything that is connected is not any more. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  close(): void {
    this.cut()
    this.#server.close()
  }
}
