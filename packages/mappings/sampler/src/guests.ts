// SPDX-License-Identifier: LGPL-2.1-or-later
// The guests of one host: added, changed and removed by events, their figures by the bulk call.
import {
  type Clock,
  type Connection,
  type Domain,
  DomainJobType,
  type DomainLifecycle,
  DomainState,
  enumValue,
  isNotFound,
  isUnsupported,
  type Logger,
} from '@virt/core'
import { pause } from './backoff.js'
import { applyDefinition } from './definition.js'
import { applyDiskStats, applyFigures } from './figures.js'
import { type Guest, type GuestSnapshot, newGuest, noJob } from './guest.js'
import { stateAfter } from './lifecycle.js'
import { Numbers } from './numbers.js'
import { tried } from './resources.js'
import { inParallel, slices, turn } from './slices.js'
import { readSnapshots } from './snapshots.js'

/** What the model tells of. */
export interface GuestListener {
  added(guest: Guest): void
  removed(guest: Guest): void
  /** After a lifecycle event was laid into the model. */
  changed(guest: Guest, event: DomainLifecycle): void
}

const groups = ['state', 'cpu-total', 'balloon', 'vcpu', 'interface', 'block'] as const
/** Guests in one bulk call: its answer is read within some milliseconds. */
const sliceSize = 100
const width = 8

/** The guests of one host. */
export class Guests {
  readonly all: Map<string, Guest> = new Map()
  readonly #listener: GuestListener
  readonly #log: Logger
  readonly #clock: Clock
  readonly #timeout: number
  /** Guests whose document is to be read. */
  readonly #unread = new Set<Guest>()
  readonly #snapshotNumbers = new WeakMap<Guest, Numbers>()
  /** Guests whose driver does not tell of disks and interfaces in bulk. */
  readonly #silentDevices = new Set<Guest>()
  /** The driver knows of jobs; unknown until it was asked. */
  #tellsJobs = true
  /** Guests that owe the answer to a question about them. */
  readonly #unanswered = new Set<Guest>()
  #reading: Promise<void> | undefined
  /** The driver knows how not to wait for busy guests; unknown until it was tried. */
  #noWait = true

  constructor(listener: GuestListener, log: Logger, clock: Clock, timeout: number) {
    this.#listener = listener
    this.#log = log
    this.#clock = clock
    this.#timeout = timeout
  }

  /** Takes the list of a fresh connection; guests that stand in it keep their record. */
  async take(handles: readonly Domain[]): Promise<void> {
    const present = new Set(handles.map(({ uuid }) => uuid))
    for (const [uuid, guest] of this.all) if (!present.has(uuid)) this.#remove(guest)
    for (const slice of slices(handles, sliceSize)) {
      for (const handle of slice) {
        const guest = this.all.get(handle.uuid)
        if (guest === undefined) this.#add(handle)
        else {
          guest.handle = handle
          guest.name = handle.name
          guest.id = handle.id ?? -1
          this.#unread.add(guest)
        }
      }
      await turn()
    }
  }

  /** Lays a lifecycle event into the model. */
  apply(handle: Domain, event: DomainLifecycle): void {
    let guest = this.all.get(handle.uuid)
    if (guest === undefined) {
      if (event.type === 'undefined' || event.type === 'stopped') return
      guest = this.#add(handle)
      guest.persistent = event.type === 'defined'
    }
    guest.handle = handle
    guest.name = handle.name
    const after = stateAfter(event)
    if (after !== undefined) {
      guest.state = after.state
      guest.reason = after.reason
      if (after.state === DomainState.SHUTOFF || after.state === DomainState.CRASHED) {
        guest.id = -1
        guest.vcpus = { ...guest.vcpus, each: [] }
        guest.managedSave = event.detail === 'saved'
      } else if (handle.id !== undefined) guest.id = handle.id
    }
    if (event.type === 'started') guest.managedSave = false
    if (event.type === 'defined') guest.persistent = true
    if (event.type === 'undefined') guest.persistent = false
    const gone = (event.type === 'undefined' && guest.id < 0) || (event.type === 'stopped' && !guest.persistent)
    this.#listener.changed(guest, event)
    if (gone) this.#remove(guest)
    else if (event.type === 'defined' || event.type === 'started' || event.type === 'stopped') this.readAgain(guest)
  }

  /** Has a guest's document read again, soon. */
  readAgain(guest: Guest): void {
    this.#unread.add(guest)
  }

  /** Reads the documents that are due. One runs at a time. */
  readDefinitions(conn: Connection): Promise<void> {
    this.#reading ??= this.#readDue(conn).finally(() => {
      this.#reading = undefined
    })
    return this.#reading
  }

  async #readDue(conn: Connection): Promise<void> {
    while (this.#unread.size > 0 && conn.isAlive) {
      const due = [...this.#unread]
      this.#unread.clear()
      await inParallel(due, width, async (guest) => {
        if (!conn.isAlive || !this.all.has(guest.uuid)) return
        try {
          applyDefinition(guest, await guest.handle.xmlDesc({ timeout: this.#timeout }))
        } catch (error) {
          if (conn.isAlive && !isNotFound(error))
            this.#log.warn(`cannot read the document of guest ${guest.name}: ${(error as Error).message}`)
        }
        await turn()
      })
      // Figures that came before the disks were known have found no place.
      for (const slice of slices(due, sliceSize))
        await this.#readSlice(
          conn,
          slice.filter((guest) => this.all.has(guest.uuid)),
        ).catch(() => {})
    }
  }

  /** Reads the figures of all guests, and what no event tells of: who starts by himself, who is saved. */
  async readFigures(conn: Connection): Promise<void> {
    await this.#readSets(conn)
    const uuids = [...this.all.keys()]
    for (const slice of slices(uuids, sliceSize)) {
      const guests = slice.map((uuid) => this.all.get(uuid)).filter((guest) => guest !== undefined)
      await this.#readSlice(conn, guests)
      await turn()
    }
    await this.readJobs(false)
  }

  /** Reads the snapshots of the guests that have any. */
  async readAllSnapshots(conn: Connection): Promise<void> {
    const having = await tried(() => conn.domains.all({ hasSnapshot: true, timeout: this.#timeout }), undefined)
    if (having === undefined) return
    const uuids = new Set(having.map(({ uuid }) => uuid))
    for (const guest of this.all.values()) if (!uuids.has(guest.uuid)) guest.snapshots = []
    await inParallel(having, 4, async (handle) => {
      const guest = this.all.get(handle.uuid)
      if (guest === undefined) return
      const numbers = this.#snapshotNumbers.get(guest) ?? new Numbers()
      this.#snapshotNumbers.set(guest, numbers)
      guest.snapshots = await tried<readonly GuestSnapshot[]>(
        () => readSnapshots(guest, numbers, this.#timeout),
        guest.snapshots,
      )
    })
  }

  /** Reads the figures of disks and interfaces one by one, where the driver does not tell of them in bulk. */
  async readDevices(): Promise<void> {
    const options = { timeout: this.#timeout }
    await inParallel([...this.#silentDevices], width, async (guest) => {
      for (const disk of guest.disks) {
        const stats = await tried(() => guest.handle.blockStats(disk.target, options), undefined)
        if (stats !== undefined) applyDiskStats(disk, stats)
        const info = await tried(() => guest.handle.blockInfo(disk.target, options), undefined)
        if (info !== undefined) Object.assign(disk, info)
      }
      for (const port of guest.interfaces) {
        const s = await tried(() => guest.handle.interfaceStats(port.target || port.mac, options), undefined)
        if (s === undefined) continue
        port.received = { bytes: s.rxBytes, packets: s.rxPackets, errors: s.rxErrs, dropped: s.rxDrop }
        port.sent = { bytes: s.txBytes, packets: s.txPackets, errors: s.txErrs, dropped: s.txDrop }
      }
      await turn()
    })
  }

  /**
   * Reads the jobs of guests. There is no event for their beginning and no bulk call.
   * @param all whether guests are asked that had none when they were asked last
   */
  async readJobs(all: boolean): Promise<void> {
    if (!this.#tellsJobs) return
    const asked = [...this.all.values()].filter((guest) => (all && guest.id >= 0) || guest.job.kind !== 0)
    await inParallel(asked, width, async (guest) => {
      if (!this.#tellsJobs) return
      try {
        const { type, timeElapsed, timeRemaining, ...sizes } = await guest.handle.jobInfo({ timeout: this.#timeout })
        const kind = enumValue(DomainJobType, type)
        const { dataTotal, dataProcessed, dataRemaining } = sizes
        const job = { kind, elapsed: timeElapsed, remaining: timeRemaining, dataTotal, dataProcessed, dataRemaining }
        guest.job = kind === DomainJobType.NONE ? noJob : job
      } catch (error) {
        guest.job = noJob
        if (isUnsupported(error)) this.#tellsJobs = false
      }
    })
  }

  async #readSets(conn: Connection): Promise<void> {
    const rows = [
      ['persistent', { persistent: true }],
      ['autostart', { autostart: true }],
      ['managedSave', { managedSave: true }],
    ] as const
    for (const [key, filter] of rows) {
      const list = await tried(() => conn.domains.all({ ...filter, timeout: this.#timeout }), undefined)
      if (list === undefined) continue
      const uuids = new Set(list.map(({ uuid }) => uuid))
      for (const slice of slices([...this.all.values()], 1000)) {
        for (const guest of slice) guest[key] = uuids.has(guest.uuid)
        await turn()
      }
    }
  }

  async #readSlice(conn: Connection, guests: readonly Guest[]): Promise<void> {
    if (guests.length === 0 || !conn.isAlive) return
    try {
      const records = await conn.stats({
        groups,
        domains: guests.map(({ handle }) => handle),
        noWait: this.#noWait,
        timeout: this.#timeout,
      })
      const poor: Guest[] = []
      for (const guest of guests) {
        const record = records.get(guest.uuid)
        if (record === undefined) continue
        const { own, devices } = applyFigures(guest, record)
        if (!own) poor.push(guest)
        if (devices) this.#silentDevices.delete(guest)
        else this.#silentDevices.add(guest)
      }
      await this.#readInfos(poor)
    } catch (error) {
      if (!conn.isAlive) throw error
      if (this.#noWait && isRefusedFlag(error)) {
        this.#noWait = false
        return await this.#readSlice(conn, guests)
      }
      await this.#split(conn, guests, error as Error)
    }
  }

  /** One of them does not answer: whoever it is, the others' figures are still to be had. */
  async #split(conn: Connection, guests: readonly Guest[], error: Error): Promise<void> {
    const [only] = guests
    if (guests.length === 1 && only !== undefined) {
      if (!isNotFound(error)) this.#log.warn(`no figures of guest ${only.name}: ${error.message}`)
      return
    }
    const half = Math.ceil(guests.length / 2)
    await this.#readSlice(conn, guests.slice(0, half))
    await this.#readSlice(conn, guests.slice(half))
  }

  /**
   * Memory and CPUs of guests whose driver does not tell of them in bulk: all asked at once, with one deadline. Who has not
   * answered the last question is not asked again.
   */
  async #readInfos(guests: readonly Guest[]): Promise<void> {
    const asked = guests.filter((guest) => !this.#unanswered.has(guest))
    if (asked.length === 0) return
    const late = new AbortController()
    const answers = asked.map(async (guest) => {
      this.#unanswered.add(guest)
      try {
        applyInfo(guest, await guest.handle.info())
      } catch {
        // A guest that is gone, or a driver that does not tell: the figures stay as they were.
      } finally {
        this.#unanswered.delete(guest)
      }
    })
    await Promise.race([Promise.all(answers), pause(this.#clock, this.#timeout, late.signal)])
    late.abort()
  }

  #add(handle: Domain): Guest {
    const guest = newGuest(handle)
    this.all.set(guest.uuid, guest)
    this.#unread.add(guest)
    this.#listener.added(guest)
    return guest
  }

  #remove(guest: Guest): void {
    this.all.delete(guest.uuid)
    this.#silentDevices.delete(guest)
    this.#unread.delete(guest)
    this.#listener.removed(guest)
  }
}

/** Takes over what the call for one guest says. */
function applyInfo(guest: Guest, info: Awaited<ReturnType<Domain['info']>>): void {
  guest.state = enumValue(DomainState, info.state)
  guest.memory = { ...guest.memory, current: info.memory, maximum: info.maxMem }
  guest.cpu = { ...guest.cpu, time: info.cpuTime }
  const { maximum } = guest.vcpus
  guest.vcpus = { ...guest.vcpus, current: info.nrVirtCpu, maximum: Math.max(maximum, info.nrVirtCpu) }
}

/** Whether a driver refused the call for its flags. */
function isRefusedFlag(error: unknown): boolean {
  const code = (error as { code?: string }).code
  return code === 'invalid-arg' || code === 'argument-unsupported' || code === 'operation-unsupported'
}
