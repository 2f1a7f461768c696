// SPDX-License-Identifier: LGPL-2.1-or-later
// VIRT-EXT-MIB: storage pools, volumes, networks, NUMA nodes.
import { StoragePoolState } from '@virt/core'
import type { Net, NumaCell, Pool, PoolVolume } from '@virt/sampler'
import { counter64, ErrorStatus, gauge, integer, text, truth, type Value } from '../wire/value.js'
import type { Actions } from './actions.js'
import { together, truthOf } from './ext-guests.js'
import { anyTable, column, indexColumn, type Plan, type Refusal, type Table } from './module.js'
import { ChildRows, type Owned, type SortedRows } from './rows.js'

/** An action of a resource: its number is its place, from 1. */
interface ResourceAction<R> {
  readonly name: string
  readonly possible: (resource: R) => boolean
  readonly run: (resource: R) => Promise<unknown>
}
const poolRuns = ({ state }: Pool): boolean => state !== StoragePoolState.INACTIVE
const poolActions: readonly ResourceAction<Pool>[] = [
  { name: 'start', possible: (p) => !poolRuns(p), run: ({ handle }) => handle.create() },
  { name: 'stop', possible: poolRuns, run: ({ handle }) => handle.destroy() },
  { name: 'refresh', possible: poolRuns, run: ({ handle }) => handle.refresh() },
]
const networkActions: readonly ResourceAction<Net>[] = [
  { name: 'start', possible: ({ active }) => !active, run: ({ handle }) => handle.create() },
  { name: 'stop', possible: ({ active }) => active, run: ({ handle }) => handle.destroy() },
]
const syntaxOf = (actions: readonly { name: string }[]): string =>
  `INTEGER { none(0), ${actions.map(({ name }, i) => `${name}(${i + 1})`).join(', ')} }`

interface Resource {
  readonly uuid: string
  readonly name: string
  autostart: boolean
  readonly handle: { setAutostart(autostart: boolean): Promise<void> }
}

/** What a SET of `…Autostart` and `…Action` of a row does. */
function planner<R extends Resource>(
  columns: { autostart: number; action: number },
  offered: readonly ResourceAction<R>[],
  actions: Actions,
): (row: R | undefined, values: ReadonlyMap<number, Value>) => Plan | Refusal {
  return (row, values) => {
    if (row === undefined) return { error: ErrorStatus.noCreation, column: values.keys().next().value ?? 0 }
    const run = (what: string, work: () => Promise<unknown>): Promise<ErrorStatus> =>
      actions.run(row.uuid, `cannot ${what} ${row.name}`, work)
    const plans: Plan[] = []
    const autostart = values.get(columns.autostart)
    if (autostart !== undefined) {
      const wanted = truthOf(autostart)
      if (typeof wanted !== 'boolean') return { error: wanted, column: columns.autostart }
      const set = (on: boolean): Promise<ErrorStatus> =>
        run('change the autostart of', async () => {
          await row.handle.setAutostart(on)
          row.autostart = on
        })
      const before = row.autostart
      plans.push({ commit: () => set(wanted), undo: () => set(before) })
    }
    const action = values.get(columns.action)
    if (action !== undefined) {
      if (action.type !== 2) return { error: ErrorStatus.wrongType, column: columns.action }
      const chosen = offered[action.value - 1]
      if (chosen === undefined && action.value !== 0) return { error: ErrorStatus.wrongValue, column: columns.action }
      if (chosen !== undefined) {
        if (!chosen.possible(row)) return { error: ErrorStatus.inconsistentValue, column: columns.action }
        plans.push({ commit: () => run(chosen.name, () => chosen.run(row)) })
      }
    }
    return together(plans)
  }
}

/** What the tables of resources are made over. */
export interface ResourceTablesOptions {
  readonly pools: SortedRows<Pool>
  readonly networks: SortedRows<Net>
  readonly cells: SortedRows<NumaCell>
  readonly actions: Actions
  readonly writable: boolean
}

/** The tables of the host's resources. */
export function resourceTables(options: ResourceTablesOptions): readonly Table<unknown>[] {
  const { actions, writable } = options
  const pool: Table<Pool> = {
    name: 'virtPoolTable',
    oid: [1, 2, 5],
    doc: 'Storage pools.',
    index: ['virtPoolUUID'],
    rows: options.pools,
    columns: [
      indexColumn(1, 'virtPoolUUID', 'VirtUUID', 'UUID of the pool.'),
      column(2, 'virtPoolName', 'VirtText', 'Name of the pool.', ({ name }) => text(name)),
      column(3, 'virtPoolKind', 'VirtText', 'Type of the pool, such as dir or logical.', ({ kind }) => text(kind)),
      column(
        4,
        'virtPoolState',
        'INTEGER { inactive(0), building(1), running(2), degraded(3), inaccessible(4) }',
        'State of the pool.',
        ({ state }) => integer(state),
      ),
      column(
        5,
        'virtPoolAutostart',
        'TruthValue',
        'Whether it starts with the host.',
        ({ autostart }) => truth(autostart),
        'read-write',
      ),
      column(6, 'virtPoolPersistent', 'TruthValue', 'Whether it is defined, not only running.', ({ persistent }) =>
        truth(persistent),
      ),
      column(7, 'virtPoolCapacity', 'VirtGauge64', 'Size, in bytes.', ({ capacity }) => counter64(capacity)),
      column(8, 'virtPoolAllocation', 'VirtGauge64', 'Part in use, in bytes.', ({ allocation }) =>
        counter64(allocation),
      ),
      column(9, 'virtPoolAvailable', 'VirtGauge64', 'Part that is free, in bytes.', ({ available }) =>
        counter64(available),
      ),
      column(10, 'virtPoolVolCount', 'Gauge32', 'Volumes in it.', ({ volumes }) => gauge(volumes.length)),
      column(
        11,
        'virtPoolAction',
        syntaxOf(poolActions),
        'Reads none(0). Setting it makes the call of that name.',
        () => integer(0),
        'read-write',
      ),
    ],
    ...(writable && { plan: planner({ autostart: 5, action: 11 }, poolActions, actions) }),
  }
  const volume: Table<Owned<Pool, PoolVolume>> = {
    name: 'virtVolTable',
    oid: [1, 2, 6],
    doc: 'Volumes of running pools.',
    index: ['virtPoolUUID', 'virtVolIndex'],
    rows: new ChildRows(options.pools, 16, ({ volumes }) => volumes),
    columns: [
      indexColumn(1, 'virtVolIndex', 'Unsigned32 (1..4294967295)', 'Number of the volume; its own while it exists.'),
      column(2, 'virtVolName', 'VirtText', 'Name of the volume.', ({ item }) => text(item.name)),
      column(3, 'virtVolPath', 'VirtText', 'Where it is.', ({ item }) => text(item.path)),
      column(
        4,
        'virtVolKind',
        'INTEGER { file(0), block(1), dir(2), network(3), netdir(4), ploop(5) }',
        'Kind of the volume.',
        ({ item }) => integer(item.kind),
      ),
      column(5, 'virtVolCapacity', 'VirtGauge64', 'Size, in bytes.', ({ item }) => counter64(item.capacity)),
      column(6, 'virtVolAllocation', 'VirtGauge64', 'Part in use, in bytes.', ({ item }) => counter64(item.allocation)),
    ],
  }
  const net: Table<Net> = {
    name: 'virtNetTable',
    oid: [1, 2, 7],
    doc: 'Virtual networks.',
    index: ['virtNetUUID'],
    rows: options.networks,
    columns: [
      indexColumn(1, 'virtNetUUID', 'VirtUUID', 'UUID of the network.'),
      column(2, 'virtNetName', 'VirtText', 'Name of the network.', ({ name }) => text(name)),
      column(3, 'virtNetActive', 'TruthValue', 'Whether it runs.', ({ active }) => truth(active)),
      column(
        4,
        'virtNetAutostart',
        'TruthValue',
        'Whether it starts with the host.',
        ({ autostart }) => truth(autostart),
        'read-write',
      ),
      column(5, 'virtNetPersistent', 'TruthValue', 'Whether it is defined, not only running.', ({ persistent }) =>
        truth(persistent),
      ),
      column(6, 'virtNetBridge', 'VirtText', 'Its bridge on the host.', ({ bridge }) => text(bridge)),
      column(
        7,
        'virtNetForward',
        'VirtText',
        'How it reaches the world, such as nat; empty when it does not.',
        ({ forward }) => text(forward),
      ),
      column(8, 'virtNetLeases', 'Gauge32', 'DHCP leases given out.', ({ leases }) => gauge(leases)),
      column(
        9,
        'virtNetAction',
        syntaxOf(networkActions),
        'Reads none(0). Setting it makes the call of that name.',
        () => integer(0),
        'read-write',
      ),
    ],
    ...(writable && { plan: planner({ autostart: 4, action: 9 }, networkActions, actions) }),
  }
  const cell: Table<NumaCell> = {
    name: 'virtNumaTable',
    oid: [1, 2, 9],
    doc: 'NUMA nodes of the host.',
    index: ['virtNumaCell'],
    rows: options.cells,
    columns: [
      indexColumn(1, 'virtNumaCell', 'Unsigned32 (0..4095)', 'Number of the node.'),
      column(2, 'virtNumaMemTotal', 'VirtGauge64', 'Memory, in KiB.', ({ memory }) => counter64(memory)),
      column(3, 'virtNumaMemFree', 'VirtGauge64', 'Free memory, in KiB.', ({ free }) => counter64(free)),
      column(4, 'virtNumaCpus', 'Gauge32', 'CPUs.', ({ cpus }) => gauge(cpus)),
    ],
  }
  return [anyTable(pool), anyTable(volume), anyTable(net), anyTable(cell)]
}
