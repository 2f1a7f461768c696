// SPDX-License-Identifier: LGPL-2.1-or-later
// LIBVIRT-MIB, as libvirt-snmp serves it.
import { DomainState as State } from '@virt/core'
import type { Guest } from '@virt/sampler'
import { counter64, ErrorStatus, gauge, integer, text, type Value } from '../wire/value.js'
import type { Actions } from './actions.js'
import { anyTable, column, indexColumn, type Module, type Plan, type Refusal, type Table } from './module.js'
import type { SortedRows } from './rows.js'

const Column = { state: 3, rowStatus: 9 } as const
/** `RowStatus`, RFC 2579 */
const RowStatus = { active: 1, notInService: 2, notReady: 3, createAndGo: 4, createAndWait: 5, destroy: 6 } as const

/** Objects of the enterprise libvirt. */
export const libvirtRoot: readonly number[] = [1, 3, 6, 1, 4, 1, 36957]

/** The states of this module are those of the API but two. */
export function libvirtState(state: number): number {
  if (state === State.NOSTATE) return State.RUNNING
  return state === State.PMSUSPENDED ? State.PAUSED : state
}

/** What a row's status is told to be in a notification: the table itself always says active. */
export function notifiedRowStatus(state: number): number {
  const down = state === State.SHUTDOWN || state === State.SHUTOFF || state === State.CRASHED
  return down ? RowStatus.notInService : RowStatus.active
}

const mib = (kib: bigint): Value => gauge(Number(kib / 1024n))

/** Transitions that a SET of the state may ask for. */
interface Transition {
  readonly from: number
  readonly to: number
  readonly what: string
  readonly run: (guest: Guest) => Promise<unknown>
  readonly back?: (guest: Guest) => Promise<unknown>
}
const transitions: readonly Transition[] = [
  {
    from: State.RUNNING,
    to: State.PAUSED,
    what: 'pause',
    run: ({ handle }) => handle.suspend(),
    back: ({ handle }) => handle.resume(),
  },
  {
    from: State.PAUSED,
    to: State.RUNNING,
    what: 'resume',
    run: ({ handle }) => handle.resume(),
    back: ({ handle }) => handle.suspend(),
  },
  { from: State.RUNNING, to: State.SHUTDOWN, what: 'shut down', run: ({ handle }) => handle.shutdown() },
]

function planRow(guest: Guest | undefined, values: ReadonlyMap<number, Value>, actions: Actions): Plan | Refusal {
  const [state, rowStatus] = [values.get(Column.state), values.get(Column.rowStatus)]
  for (const [number, value] of values) if (value.type !== 2) return { error: ErrorStatus.wrongType, column: number }
  const wantedState = state?.value as number | undefined
  const wantedRow = rowStatus?.value as number | undefined
  if (wantedState !== undefined && (wantedState < 1 || wantedState > 6))
    return { error: ErrorStatus.wrongValue, column: Column.state }
  if (wantedRow !== undefined && ![1, 2, 4, 6].includes(wantedRow))
    return { error: ErrorStatus.wrongValue, column: Column.rowStatus }
  if (guest === undefined) return { error: ErrorStatus.noCreation, column: values.keys().next().value ?? 0 }
  const run = (what: string, work: () => Promise<unknown>): Plan['commit'] => {
    return () => actions.onGuest(guest, what, work)
  }
  switch (wantedRow) {
    case undefined:
      break
    case RowStatus.createAndGo: {
      if (wantedState === undefined || wantedState === State.RUNNING)
        return { commit: run('start', () => guest.handle.create()) }
      if (wantedState === State.PAUSED) return { commit: run('start', () => guest.handle.create({ paused: true })) }
      return { commit: async () => ErrorStatus.commitFailed }
    }
    case RowStatus.destroy:
      return { commit: run('destroy', () => guest.handle.destroy()) }
    default:
      // Accepted as values, but nothing that a guest can be made to be.
      return { commit: async () => ErrorStatus.commitFailed }
  }
  const from = libvirtState(guest.state)
  const transition = transitions.find((one) => one.from === from && one.to === wantedState)
  if (transition === undefined) return { error: ErrorStatus.inconsistentValue, column: Column.state }
  const { what, back } = transition
  return {
    commit: run(what, () => transition.run(guest)),
    ...(back !== undefined && { undo: run(`take back to ${what}`, () => back(guest)) }),
  }
}

/** What the module is made over. */
export interface LibvirtMibOptions {
  readonly guests: SortedRows<Guest>
  readonly actions: Actions
  readonly writable: boolean
}

/** The module over the agent's guests. */
export function libvirtMib({ guests, actions, writable }: LibvirtMibOptions): Module {
  const table: Table<Guest> = {
    name: 'libvirtGuestTable',
    oid: [1, 1],
    doc: 'All guests of the host, whether they run or not.',
    index: ['libvirtGuestUUID'],
    rows: guests,
    columns: [
      indexColumn(1, 'libvirtGuestUUID', 'UUID', 'UUID of the guest.', 'accessible-for-notify'),
      column(2, 'libvirtGuestName', 'OCTET STRING', 'Name of the guest, in UTF-8.', ({ name }) => text(name, 65_535)),
      column(
        3,
        'libvirtGuestState',
        'INTEGER { running(1), blocked(2), paused(3), shutdown(4), shutoff(5), crashed(6) }',
        'State of the guest. Setting it pauses, resumes or shuts down.',
        ({ state }) => integer(libvirtState(state)),
        'read-create',
      ),
      column(4, 'libvirtGuestCpuCount', 'Unsigned32 (0..65535)', 'Virtual CPUs.', ({ vcpus }) => gauge(vcpus.current)),
      column(5, 'libvirtGuestMemoryCurrent', 'Gauge32', 'Memory in use, in MiB.', ({ memory }) => mib(memory.current)),
      column(6, 'libvirtGuestMemoryLimit', 'Unsigned32', 'Most memory, in MiB.', ({ memory }) => mib(memory.maximum)),
      column(7, 'libvirtGuestCpuTime', 'Counter64', 'CPU time used, in nanoseconds.', ({ cpu }) => counter64(cpu.time)),
      column(
        9,
        'libvirtGuestRowStatus',
        'RowStatus',
        'Always active(1) when read. Setting createAndGo(4) starts the guest, destroy(6) ends it.',
        () => integer(RowStatus.active),
        'read-create',
      ),
    ],
    ...(writable && {
      plan: (guest: Guest | undefined, values: ReadonlyMap<number, Value>) => planRow(guest, values, actions),
    }),
  }
  return {
    name: 'LIBVIRT-MIB',
    root: libvirtRoot,
    identity: {
      name: 'libvirtMIB',
      parent: 'enterprises 36957',
      revisions: [
        { date: '201803200000Z', doc: 'The last revision of libvirt-snmp, with its groups.' },
        { date: '201012020000Z', doc: 'The first revision.' },
      ],
      organization: 'libvirt.org',
      contact: 'https://libvirt.org',
      doc: 'The guests of a host, as libvirt-snmp tells of them.',
      conventions: [
        { name: 'UUID', hint: '4x-2x-2x-2x-6x', doc: 'The 16 octets of a UUID.', syntax: 'OCTET STRING (SIZE (16))' },
      ],
      nodes: [
        { name: 'libvirtNotifications', oid: [0] },
        { name: 'libvirtObjects', oid: [1] },
        { name: 'libvirtConformance', oid: [2] },
        { name: 'libvirtCompliances', oid: [2, 1] },
        { name: 'libvirtGroups', oid: [2, 2] },
      ],
      compliance: { name: 'libvirtCompliance', oid: [2, 1, 1] },
      objectGroup: { name: 'libvirtGuestGroup', oid: [2, 2, 1] },
      notificationGroup: { name: 'libvirtGuestNotifGroup', oid: [2, 2, 2] },
    },
    scalars: [],
    tables: [anyTable(table)],
    notifications: [
      {
        name: 'libvirtGuestNotif',
        oid: [0, 1],
        objects: ['libvirtGuestName', 'libvirtGuestUUID', 'libvirtGuestState', 'libvirtGuestRowStatus'],
        doc: 'A guest has changed its state.',
      },
    ],
  }
}
