// SPDX-License-Identifier: GPL-2.0-or-later
// Two hosts and the guests that move between them, driven by us or by the source's daemon.
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Connection, Domain, MigrateOptions } from '@virt/core'
import { expect } from 'vitest'
import { openFolder } from './guest.js'
import { memoryDisk, memoryGuestXml } from './memory-guest.js'
import { Host, Way } from './two-hosts.js'

/** Who drives a migration: the client, connected to both daemons, or the source's daemon. */
export type Driver = 'client' | 'source'
export const patience = { timeout: 60_000, interval: 20 }

/** Two hosts, the ways between them, and a guest. */
export class Moving {
  readonly here: Host
  readonly there: Host
  readonly folder: string = openFolder('virtd-moving-')
  source!: Connection
  destination!: Connection
  /** The way of QEMU to QEMU. */
  way!: Way
  /** The way of daemon to daemon. */
  link!: Way
  #wayBack!: Way
  guest!: Domain
  driver: Driver = 'client'
  /** Another client that asks for the migration, where we only look on. */
  by: readonly [source: Connection, destination: Connection] | undefined
  #serial = ''
  /** The other host's daemon, as the source's gets to it. */
  peer = ''
  /** This host's daemon, as the other one gets to it. */
  back = ''
  #number = 0

  constructor(here: string, there: string) {
    this.here = new Host(here)
    this.there = new Host(there)
  }

  async open(): Promise<void> {
    this.way = await Way.open()
    this.link = await Way.open()
    this.#wayBack = await Way.open()
    this.peer = this.there.reachedBy(this.link)
    this.back = this.here.reachedBy(this.#wayBack)
    ;[this.source, this.destination] = await Promise.all([this.here.start(), this.there.start()])
  }

  async close(): Promise<void> {
    this.way?.close()
    this.link?.close()
    this.#wayBack?.close()
    await Promise.all([this.here.end(), this.there.end()])
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** No guests any more. */
  async clear(): Promise<void> {
    for (const connection of [this.source, this.destination])
      for (const domain of await connection.domains.all()) await domain.destroy().catch(() => {})
  }

  /** Another daemon in the place of one that is killed. */
  async restart(host: Host): Promise<void> {
    await host.kill()
    host.connection?.destroy()
    const connection = await host.start()
    if (host === this.here) this.source = connection
    else this.destination = connection
  }

  /** A guest that has begun to look at its memory. */
  async begin(driver: Driver = 'client'): Promise<void> {
    this.driver = driver
    const name = `guest${this.#number++}`
    this.#serial = join(this.folder, name)
    this.guest = await this.source.domains.create(memoryGuestXml(name, memoryDisk(this.folder), this.#serial))
    // It writes faster than a busy machine sends.
    await this.guest.migrateSetMaxDowntime(2000)
    await expect.poll(() => this.said(), patience).toMatch(/^\.\.\./)
  }

  said(): string {
    return existsSync(this.#serial) ? readFileSync(this.#serial, 'utf8') : ''
  }

  options(more: MigrateOptions = {}): MigrateOptions {
    return {
      live: true,
      unsafe: true,
      ...(more.tunnelled === true ? {} : { uri: `tcp://${Way.from}:${this.way.port}`, listenAddress: Way.to }),
      ...more,
    }
  }

  /** Moves the guest. */
  async move(more: MigrateOptions = {}): Promise<void> {
    const [source, destination] = this.by ?? [this.source, this.destination]
    const guest = this.by === undefined ? this.guest : await source.domains.byName(this.guest.name)
    if (this.driver === 'client') await guest.migrate(destination, this.options(more))
    else await guest.migrate(this.peer, this.options(more))
  }

  /** The phase of its migration, as a host has written it down. */
  phase(host: Host): string | undefined {
    const path = join(host.root, 'run/libvirt/qemu', `${this.guest.name}.xml`)
    const text = existsSync(path) ? readFileSync(path, 'utf8') : ''
    return / async='migration [a-z]+' phase='([^']*)'/.exec(text)?.[1]
  }

  async resume(more: MigrateOptions = {}): Promise<void> {
    await this.move({ postcopy: true, postcopyResume: true, postcopyBandwidth: 64, ...more })
  }

  /** Its memory is as it wrote it, and it goes on. */
  async goesOn(): Promise<void> {
    const before = this.said().length
    await expect.poll(() => this.said().length, patience).toBeGreaterThan(before + 3)
    expect(this.said()).toMatch(/^\.+$/)
  }

  /** It runs over there alone. */
  async arrived(): Promise<void> {
    const moved = await this.destination.domains.byName(this.guest.name)
    expect(await moved.state()).toEqual({ state: 'running', reason: 'migrated' })
    await this.goesOn()
    expect(await this.source.domains.all()).toEqual([])
    expect([this.here.guests().length, this.there.guests().length]).toEqual([0, 1])
  }

  /** It runs here alone, as if nothing had been. */
  async stayed(): Promise<void> {
    const left = await this.source.domains.byName(this.guest.name)
    await expect.poll(async () => (await left.state()).state, patience).toBe('running')
    await expect.poll(() => this.there.guests(), patience).toEqual([])
    await this.goesOn()
    expect(await left.jobInfo()).toMatchObject({ type: 'none' })
  }

  /** Until its memory is on the way. */
  async untilSending(more: MigrateOptions = { bandwidth: 1 }): Promise<Going> {
    const iteration = new Promise<void>((resolve) => this.source.once('migrationIteration', () => resolve()))
    await this.source.subscribed('migrationIteration')
    const over = this.move(more).then(
      () => 'moved',
      (error: unknown) => error,
    )
    const early = await Promise.race([iteration, over])
    if (early !== undefined) throw early
    return { over }
  }

  /** Until the guest runs over there, and most of its memory is still here. */
  async untilBetween(): Promise<Going> {
    const going = await this.untilSending({ postcopy: true, bandwidth: 4, postcopyBandwidth: 2 })
    await this.guest.migrateStartPostCopy()
    await expect.poll(() => this.there.told(this.guest.name).includes('resumed postcopy'), patience).toBe(true)
    return going
  }

  /** Until that has broken. */
  async broken(): Promise<void> {
    const { over } = await this.untilBetween()
    this.way.cut()
    expect(await over).toMatchObject({ code: 'operation-failed' })
    await this.bothBroken()
  }

  async bothBroken(): Promise<void> {
    await expect.poll(() => this.guest.state(), patience).toEqual({ state: 'paused', reason: 'postcopy-failed' })
    const moved = await this.destination.domains.byName(this.guest.name)
    await expect.poll(() => moved.state(), patience).toEqual({ state: 'running', reason: 'postcopy-failed' })
  }
}

/** A migration that goes on. */
export interface Going {
  /** `moved`, or what ended it. */
  readonly over: Promise<unknown>
}
