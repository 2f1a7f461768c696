// SPDX-License-Identifier: LGPL-2.1-or-later
// VIRT-EXT-MIB: guests, their vCPUs, disks, interfaces and snapshots.
import { DomainState as State } from '@virt/core'
import type { Guest, GuestDisk, GuestInterface, GuestJob, GuestSnapshot, GuestVcpu } from '@virt/sampler'
import { counter64, ErrorStatus, gauge, integer, octets, text, truth, type Value } from '../wire/value.js'
import type { Actions } from './actions.js'
import { anyTable, column, indexColumn, type Plan, type Refusal, type Table } from './module.js'
import { ChildRows, type Owned, type SortedRows } from './rows.js'

const Column = { autostart: 8, action: 19 } as const
const active = (guest: Guest): boolean => guest.id >= 0
const runs = ({ state }: Guest): boolean => state === State.RUNNING || state === State.BLOCKED
const halts = ({ state }: Guest): boolean => state === State.PAUSED

/** Actions in the order of their numbers, from 1: what each needs and does. */
const guestActions: readonly {
  readonly name: string
  readonly possible: (guest: Guest) => boolean
  readonly run: (guest: Guest) => Promise<unknown>
}[] = [
  { name: 'start', possible: (g) => !active(g), run: ({ handle }) => handle.create() },
  { name: 'startPaused', possible: (g) => !active(g), run: ({ handle }) => handle.create({ paused: true }) },
  { name: 'suspend', possible: runs, run: ({ handle }) => handle.suspend() },
  { name: 'resume', possible: halts, run: ({ handle }) => handle.resume() },
  { name: 'shutdown', possible: active, run: ({ handle }) => handle.shutdown() },
  { name: 'reboot', possible: active, run: ({ handle }) => handle.reboot() },
  { name: 'reset', possible: active, run: ({ handle }) => handle.reset() },
  { name: 'destroy', possible: active, run: ({ handle }) => handle.destroy() },
  { name: 'managedSave', possible: (g) => active(g) && g.persistent, run: ({ handle }) => handle.managedSave() },
]
const actionSyntax = `INTEGER { none(0), ${guestActions.map(({ name }, i) => `${name}(${i + 1})`).join(', ')} }`

/** A TruthValue of a SET: its meaning, or why not. */
export function truthOf(value: Value): boolean | ErrorStatus {
  if (value.type !== 2) return ErrorStatus.wrongType
  return value.value === 1 || value.value === 2 ? value.value === 1 : ErrorStatus.wrongValue
}

/** Plans one after the other, and takes them back in the other order. */
export function together(plans: readonly Plan[]): Plan {
  let done = 0
  return {
    async commit() {
      for (const plan of plans) {
        const status = await plan.commit()
        if (status !== ErrorStatus.noError) return status
        done++
      }
      return ErrorStatus.noError
    },
    async undo() {
      let status: ErrorStatus = ErrorStatus.noError
      for (; done > 0; done--) {
        const undone = (await plans[done - 1]?.undo?.()) ?? ErrorStatus.undoFailed
        if (undone !== ErrorStatus.noError) status = undone
      }
      return status
    },
  }
}

function planGuest(guest: Guest | undefined, values: ReadonlyMap<number, Value>, actions: Actions): Plan | Refusal {
  if (guest === undefined) return { error: ErrorStatus.noCreation, column: values.keys().next().value ?? 0 }
  const plans: Plan[] = []
  const autostart = values.get(Column.autostart)
  if (autostart !== undefined) {
    const wanted = truthOf(autostart)
    if (typeof wanted !== 'boolean') return { error: wanted, column: Column.autostart }
    const set = (on: boolean): Promise<ErrorStatus> =>
      actions.onGuest(guest, 'change the autostart of', async () => {
        await guest.handle.setAutostart(on)
        guest.autostart = on
      })
    const before = guest.autostart
    plans.push({ commit: () => set(wanted), undo: () => set(before) })
  }
  const action = values.get(Column.action)
  if (action !== undefined) {
    if (action.type !== 2) return { error: ErrorStatus.wrongType, column: Column.action }
    const chosen = guestActions[action.value - 1]
    if (chosen === undefined && action.value !== 0) return { error: ErrorStatus.wrongValue, column: Column.action }
    if (chosen !== undefined) {
      if (!chosen.possible(guest)) return { error: ErrorStatus.inconsistentValue, column: Column.action }
      plans.push({ commit: () => actions.onGuest(guest, chosen.name, () => chosen.run(guest)) })
    }
  }
  return together(plans)
}

/** `DateAndTime` in UTC, RFC 2579. */
function dateAndTime(date: Date | undefined): Value {
  if (date === undefined) return octets(Buffer.alloc(8))
  const bytes = Buffer.alloc(8)
  bytes.writeUInt16BE(date.getUTCFullYear(), 0)
  bytes.set(
    [date.getUTCMonth() + 1, date.getUTCDate(), date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds(), 0],
    2,
  )
  return octets(bytes)
}

const diskDevices: Readonly<Record<string, number>> = { disk: 1, cdrom: 2, floppy: 3, lun: 4 }
const interfaceKinds: Readonly<Record<string, number>> = {
  network: 1,
  bridge: 2,
  ethernet: 3,
  direct: 4,
  user: 5,
  hostdev: 6,
  vhostuser: 7,
  vdpa: 8,
}
const numbered = (kinds: Readonly<Record<string, number>>): string =>
  `INTEGER { other(0), ${Object.entries(kinds)
    .map(([name, n]) => `${name}(${n})`)
    .join(', ')} }`
const macOf = (mac: string): Value => octets(Buffer.from(mac.replaceAll(':', ''), 'hex'))

/** What the tables of guests are made over. */
export interface GuestTablesOptions {
  readonly guests: SortedRows<Guest>
  readonly actions: Actions
  readonly writable: boolean
  /** `ifIndex` of a network device of the host; 0 when it is not known. */
  readonly ifIndex: (device: string) => number
}

/** The tables of guests and of what they have. */
export function guestTables({ guests, actions, writable, ifIndex }: GuestTablesOptions): readonly Table<unknown>[] {
  type Part<T> = Owned<Guest, T>
  const guest: Table<Guest> = {
    name: 'virtGuestTable',
    oid: [1, 2, 1],
    doc: 'Guests of the host.',
    index: ['virtGuestUUID'],
    rows: guests,
    columns: [
      indexColumn(1, 'virtGuestUUID', 'VirtUUID', 'UUID of the guest.'),
      column(2, 'virtGuestId', 'Integer32 (-1..2147483647)', 'Id of the running guest; -1 otherwise.', ({ id }) =>
        integer(id),
      ),
      column(3, 'virtGuestName', 'VirtText', 'Name of the guest.', ({ name }) => text(name)),
      column(4, 'virtGuestTitle', 'VirtText', 'Title in its metadata.', ({ title }) => text(title)),
      column(
        5,
        'virtGuestState',
        'INTEGER { noState(0), running(1), blocked(2), paused(3), shutdown(4), shutoff(5), crashed(6), pmSuspended(7) }',
        'State of the guest.',
        ({ state }) => integer(state),
      ),
      column(6, 'virtGuestStateReason', 'Integer32 (0..255)', 'Code of the reason of the state.', ({ reason }) =>
        integer(reason),
      ),
      column(7, 'virtGuestPersistent', 'TruthValue', 'Whether it is defined, not only running.', ({ persistent }) =>
        truth(persistent),
      ),
      column(
        Column.autostart,
        'virtGuestAutostart',
        'TruthValue',
        'Whether it starts with the host.',
        ({ autostart }) => truth(autostart),
        'read-write',
      ),
      column(9, 'virtGuestManagedSave', 'TruthValue', 'Whether its state is saved.', ({ managedSave }) =>
        truth(managedSave),
      ),
      column(10, 'virtGuestVcpuCurrent', 'Gauge32', 'Virtual CPUs in use.', ({ vcpus }) => gauge(vcpus.current)),
      column(11, 'virtGuestVcpuMaximum', 'Gauge32', 'Most virtual CPUs.', ({ vcpus }) => gauge(vcpus.maximum)),
      column(12, 'virtGuestMemCurrent', 'VirtGauge64', 'Memory in use, in KiB.', ({ memory }) =>
        counter64(memory.current),
      ),
      column(13, 'virtGuestMemMaximum', 'VirtGauge64', 'Most memory, in KiB.', ({ memory }) =>
        counter64(memory.maximum),
      ),
      column(
        14,
        'virtGuestMemRss',
        'VirtGauge64',
        'Resident memory of its process in KiB; 0 when unknown.',
        ({ memory }) => counter64(memory.resident),
      ),
      column(15, 'virtGuestCpuTime', 'Counter64', 'CPU time used, in nanoseconds.', ({ cpu }) => counter64(cpu.time)),
      column(16, 'virtGuestCpuUser', 'Counter64', 'Part of it in user space, in nanoseconds.', ({ cpu }) =>
        counter64(cpu.user),
      ),
      column(17, 'virtGuestCpuSystem', 'Counter64', 'Part of it in the kernel, in nanoseconds.', ({ cpu }) =>
        counter64(cpu.system),
      ),
      column(18, 'virtGuestSnapshotCount', 'Gauge32', 'Snapshots of the guest.', ({ snapshots }) =>
        gauge(snapshots.length),
      ),
      column(
        Column.action,
        'virtGuestAction',
        actionSyntax,
        'Reads none(0). Setting it makes the call of that name.',
        () => integer(0),
        'read-write',
      ),
      column(
        20,
        'virtGuestActionError',
        'Integer32 (0..2147483647)',
        'libvirt number of the error of the last action; 0 when it went well.',
        ({ uuid }) => integer(actions.errorOf(uuid)),
      ),
    ],
    ...(writable && {
      plan: (row: Guest | undefined, values: ReadonlyMap<number, Value>) => planGuest(row, values, actions),
    }),
  }
  const vcpu: Table<Part<GuestVcpu>> = {
    name: 'virtVcpuTable',
    oid: [1, 2, 2],
    doc: 'Virtual CPUs of running guests.',
    index: ['virtGuestUUID', 'virtVcpuNumber'],
    rows: new ChildRows(guests, 16, ({ vcpus }) => vcpus.each),
    columns: [
      indexColumn(1, 'virtVcpuNumber', 'Unsigned32 (0..4095)', 'Number of the CPU.'),
      column(2, 'virtVcpuState', 'INTEGER { offline(0), running(1), blocked(2) }', 'State of the CPU.', ({ item }) =>
        integer(item.state),
      ),
      column(3, 'virtVcpuTime', 'Counter64', 'Time it has run, in nanoseconds.', ({ item }) => counter64(item.time)),
      column(4, 'virtVcpuWait', 'Counter64', 'Time it has waited for the host, in nanoseconds.', ({ item }) =>
        counter64(item.wait),
      ),
      column(5, 'virtVcpuDelay', 'Counter64', 'Time it was ready and did not run, in nanoseconds.', ({ item }) =>
        counter64(item.delay),
      ),
    ],
  }
  const disk: Table<Part<GuestDisk>> = {
    name: 'virtDiskTable',
    oid: [1, 2, 3],
    doc: 'Disks of guests.',
    index: ['virtGuestUUID', 'virtDiskIndex'],
    rows: new ChildRows(guests, 16, ({ disks }) => disks),
    columns: [
      indexColumn(1, 'virtDiskIndex', 'Unsigned32 (1..65535)', 'Number of the disk; its own while it exists.'),
      column(2, 'virtDiskTarget', 'VirtText', 'Device that the guest is told, such as vda.', ({ item }) =>
        text(item.target),
      ),
      column(3, 'virtDiskSource', 'VirtText', 'File, device or URL of its content.', ({ item }) => text(item.source)),
      column(4, 'virtDiskDevice', numbered(diskDevices), 'Kind of the device.', ({ item }) =>
        integer(diskDevices[item.device] ?? 0),
      ),
      column(5, 'virtDiskReadOnly', 'TruthValue', 'Whether the guest cannot write.', ({ item }) =>
        truth(item.readOnly),
      ),
      column(6, 'virtDiskCapacity', 'VirtGauge64', 'Size that the guest sees, in bytes.', ({ item }) =>
        counter64(item.capacity),
      ),
      column(7, 'virtDiskAllocation', 'VirtGauge64', 'Part of it that is in use, in bytes.', ({ item }) =>
        counter64(item.allocation),
      ),
      column(8, 'virtDiskPhysical', 'VirtGauge64', 'Size of what holds it, in bytes.', ({ item }) =>
        counter64(item.physical),
      ),
      column(9, 'virtDiskRdReqs', 'Counter64', 'Reads.', ({ item }) => counter64(item.read.requests)),
      column(10, 'virtDiskRdBytes', 'Counter64', 'Bytes read.', ({ item }) => counter64(item.read.bytes)),
      column(11, 'virtDiskRdTime', 'Counter64', 'Time of reads, in nanoseconds.', ({ item }) =>
        counter64(item.read.time),
      ),
      column(12, 'virtDiskWrReqs', 'Counter64', 'Writes.', ({ item }) => counter64(item.write.requests)),
      column(13, 'virtDiskWrBytes', 'Counter64', 'Bytes written.', ({ item }) => counter64(item.write.bytes)),
      column(14, 'virtDiskWrTime', 'Counter64', 'Time of writes, in nanoseconds.', ({ item }) =>
        counter64(item.write.time),
      ),
      column(15, 'virtDiskFlReqs', 'Counter64', 'Flushes.', ({ item }) => counter64(item.flush.requests)),
      column(16, 'virtDiskFlTime', 'Counter64', 'Time of flushes, in nanoseconds.', ({ item }) =>
        counter64(item.flush.time),
      ),
      column(17, 'virtDiskErrors', 'Counter64', 'Errors.', ({ item }) => counter64(item.errors)),
    ],
  }
  const port: Table<Part<GuestInterface>> = {
    name: 'virtIfTable',
    oid: [1, 2, 4],
    doc: 'Network interfaces of guests.',
    index: ['virtGuestUUID', 'virtIfNumber'],
    rows: new ChildRows(guests, 16, ({ interfaces }) => interfaces),
    columns: [
      indexColumn(1, 'virtIfNumber', 'Unsigned32 (1..65535)', 'Number of the interface; its own while it exists.'),
      column(2, 'virtIfTarget', 'VirtText', 'Device on the host, such as vnet0.', ({ item }) => text(item.target)),
      column(3, 'virtIfMac', 'MacAddress', 'Its address.', ({ item }) => macOf(item.mac)),
      column(4, 'virtIfKind', numbered(interfaceKinds), 'Kind of the connection.', ({ item }) =>
        integer(interfaceKinds[item.kind] ?? 0),
      ),
      column(5, 'virtIfSource', 'VirtText', 'Network or bridge that it is connected to.', ({ item }) =>
        text(item.source),
      ),
      column(
        6,
        'virtIfHostIfIndex',
        'Integer32 (0..2147483647)',
        'ifIndex of the device on the host; 0 when unknown.',
        ({ item }) => integer(ifIndex(item.target)),
      ),
      column(7, 'virtIfLinkState', 'INTEGER { up(1), down(2) }', 'Whether the cable is plugged in.', ({ item }) =>
        integer(item.linkUp ? 1 : 2),
      ),
      column(8, 'virtIfRxBytes', 'Counter64', 'Bytes received.', ({ item }) => counter64(item.received.bytes)),
      column(9, 'virtIfRxPkts', 'Counter64', 'Packets received.', ({ item }) => counter64(item.received.packets)),
      column(10, 'virtIfRxErrs', 'Counter64', 'Errors while receiving.', ({ item }) => counter64(item.received.errors)),
      column(11, 'virtIfRxDrop', 'Counter64', 'Packets dropped while receiving.', ({ item }) =>
        counter64(item.received.dropped),
      ),
      column(12, 'virtIfTxBytes', 'Counter64', 'Bytes sent.', ({ item }) => counter64(item.sent.bytes)),
      column(13, 'virtIfTxPkts', 'Counter64', 'Packets sent.', ({ item }) => counter64(item.sent.packets)),
      column(14, 'virtIfTxErrs', 'Counter64', 'Errors while sending.', ({ item }) => counter64(item.sent.errors)),
      column(15, 'virtIfTxDrop', 'Counter64', 'Packets dropped while sending.', ({ item }) =>
        counter64(item.sent.dropped),
      ),
    ],
  }
  const snapshot: Table<Part<GuestSnapshot>> = {
    name: 'virtSnapTable',
    oid: [1, 2, 8],
    doc: 'Snapshots of guests.',
    index: ['virtGuestUUID', 'virtSnapIndex'],
    rows: new ChildRows(guests, 16, ({ snapshots }) => snapshots),
    columns: [
      indexColumn(1, 'virtSnapIndex', 'Unsigned32 (1..4294967295)', 'Number of the snapshot; its own while it exists.'),
      column(2, 'virtSnapName', 'VirtText', 'Name of the snapshot.', ({ item }) => text(item.name)),
      column(
        3,
        'virtSnapParent',
        'VirtText',
        'Name of the one it was made from; empty when there is none.',
        ({ item }) => text(item.parent),
      ),
      column(4, 'virtSnapState', 'VirtText', 'State of the guest in it.', ({ item }) => text(item.state)),
      column(5, 'virtSnapCreated', 'DateAndTime', 'When it was made.', ({ item }) => dateAndTime(item.created)),
      column(6, 'virtSnapCurrent', 'TruthValue', 'Whether it is the current one.', ({ item }) => truth(item.current)),
    ],
  }
  const job: Table<Part<GuestJob & { number: number }>> = {
    name: 'virtJobTable',
    oid: [1, 2, 10],
    doc: 'What is being done with guests for some time: migrations, saves, dumps. A guest has one row while it has a job.',
    index: ['virtGuestUUID', 'virtJobIndex'],
    rows: new ChildRows(guests, 16, (one) => (one.job.kind === 0 ? [] : [{ ...one.job, number: 1 }])),
    columns: [
      indexColumn(1, 'virtJobIndex', 'Unsigned32 (1..65535)', 'Number of the job: 1.'),
      column(
        2,
        'virtJobKind',
        'INTEGER { none(0), bounded(1), unbounded(2), completed(3), failed(4), cancelled(5) }',
        'How the job stands.',
        ({ item }) => integer(item.kind),
      ),
      column(3, 'virtJobElapsed', 'VirtGauge64', 'Time since its beginning, in milliseconds.', ({ item }) =>
        counter64(item.elapsed),
      ),
      column(4, 'virtJobRemaining', 'VirtGauge64', 'Time that is left, in milliseconds; 0 when unknown.', ({ item }) =>
        counter64(item.remaining),
      ),
      column(5, 'virtJobDataTotal', 'VirtGauge64', 'Data to move, in bytes.', ({ item }) => counter64(item.dataTotal)),
      column(6, 'virtJobDataProcessed', 'VirtGauge64', 'Part of it that is done, in bytes.', ({ item }) =>
        counter64(item.dataProcessed),
      ),
      column(7, 'virtJobDataRemaining', 'VirtGauge64', 'Part of it that is left, in bytes.', ({ item }) =>
        counter64(item.dataRemaining),
      ),
    ],
  }
  return [anyTable(guest), anyTable(vcpu), anyTable(disk), anyTable(port), anyTable(snapshot), anyTable(job)]
}
