// SPDX-License-Identifier: GPL-2.0-or-later
// Two hosts on one: daemons with folders, host UUIDs and host names of their own, and a way between them that can be cut.
import { once } from 'node:events'
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { connect as connectTo, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import type { Connection } from '@virt/core'
import { OwnDaemon } from './own-daemon.js'

/** One host. */
export class Host extends OwnDaemon {
  readonly name: string
  readonly #settings: string
  readonly #told: (readonly [guest: string, what: string])[] = []
  connection: Connection | undefined

  constructor(name: string) {
    super(`virtd-${name}-`)
    this.name = name
    mkdirSync(join(this.root, 'etc/libvirt'), { recursive: true })
    const uuid = `6d696772-6174-4e00-8000-${Buffer.from(name.padEnd(6).slice(0, 6)).toString('hex')}`
    this.#settings = join(this.root, 'etc/libvirt/virtd.conf')
    writeFileSync(this.#settings, `host_uuid = "${uuid}"\n`)
  }

  /** Opens a port for other daemons. */
  listens(port: number, address: string): void {
    const door = `listen_tcp = 1\nauth_tcp = "none"\nlisten_addr = "${address}"\ntcp_port = "${port}"\n`
    appendFileSync(this.#settings, door)
  }

  /** Lets the other host's daemon come in, by a way. @returns the URI for it */
  reachedBy(way: Way): string {
    this.listens(way.port, Way.to)
    return `qemu+tcp://${Way.from}:${way.port}/system`
  }

  override async start(): Promise<Connection> {
    return await super.start('unshare', '-u', 'sh', '-c', `hostname ${this.name} && exec "$@"`, 'sh')
  }

  override async connect(): Promise<Connection> {
    const connection = await super.connect()
    connection.on('lifecycle', ({ name }, event) => this.#told.push([name, `${event.type} ${event.detail}`]))
    await connection.subscribed('lifecycle')
    this.connection = connection
    return connection
  }

  /** What was told of a guest. */
  told(guest: string): string[] {
    return this.#told.flatMap(([name, what]) => (name === guest ? [what] : []))
  }

  override async end(): Promise<void> {
    this.connection?.destroy()
    await super.end()
  }
}

/** The way between two hosts: what comes to one address goes to the other. */
export class Way {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #pairs: [near: Socket, far: Socket][] = []
  #stalled: [near: Socket, far: Socket][] = []
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
      const pair: [Socket, Socket] = [near, far]
      this.#pairs.push(pair)
      near.on('close', () => {
        this.#pairs = this.#pairs.filter((one) => one !== pair)
        this.#stalled = this.#stalled.filter((one) => one !== pair)
      })
      near.pipe(far)
      far.pipe(near)
      // One end that is gone is so for the other, too.
      near.on('close', (failed) => failed && far.resetAndDestroy())
      far.on('close', (failed) => failed && near.resetAndDestroy())
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

  /** Nothing comes through any more, and nobody is told. */
  stall(): void {
    this.#stalled = [...this.#pairs]
    for (const [near, far] of this.#stalled) {
      near.unpipe(far)
      far.unpipe(near)
    }
  }

  /** Bytes that have come to a stalled way. */
  get held(): number {
    return [...this.#sockets].reduce((sum, socket) => sum + socket.readableLength, 0)
  }

  /** What was stalled comes through after all. */
  go(): void {
    for (const [near, far] of this.#stalled) {
      near.pipe(far)
      far.pipe(near)
    }
    this.#stalled = []
  }

  /** Everything that is connected is not any more. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
    this.#pairs = []
    this.#stalled = []
  }

  close(): void {
    this.cut()
    this.#server.close()
  }
}
