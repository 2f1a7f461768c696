// SPDX-License-Identifier: GPL-2.0-or-later
// Typed parameters of calls that set something, good and bad: from a table of what each knows.
import type { Value } from '../call.js'

/** Types of values by their numbers. */
const samples: Readonly<Record<number, Value>> = { 1: 1, 2: 1, 3: 1n, 4: 1n, 5: 1.5, 6: 1, 7: 'x' }

/** A parameter: its name, its type, values that differ in what is to be said of them, the most usual first. */
type Param = readonly [name: string, type: number, ...values: readonly Value[]]
type List = readonly (readonly [name: string, type: number, value: Value])[]
const params = (list: List): Value => list.map(([field, type, value]) => ({ field, value: [type, value] }))

const sizes = [100000n, 0n, 1n, 9007199254740991n, 9007199254740990n, 18446744073709551615n]
const speeds = [1000000n, 0n, 1n, 1000000000000000n, 1000000000000001n, 9223372036854775807n]
const perDevice = [
  '/dev/null,300',
  '/dev/null',
  '/nosuch,300',
  '/dev/null,a',
  '/dev/null,0',
  '',
  '/dev/null,300,/dev/zero,5',
]
const iotune = ['bytes', 'iops'].flatMap((unit) => ['total', 'read', 'write'].map((what) => `${what}_${unit}_sec`))
const scheduler: readonly Param[] = [
  ['cpu_shares', 4, 100n, 0n, 1n, 2n, 262144n, 262145n],
  ...['vcpu', 'emulator', 'global', 'iothread'].flatMap((of): Param[] => [
    [`${of}_period`, 4, 100000n, 0n, 999n, 1000n, 1000000n, 1000001n],
    [`${of}_quota`, 3, -1n, 0n, 999n, 1000n, 18446744073709551n, 18446744073709552n, -5n],
  ]),
]

/** What each call knows. */
const known: Readonly<Record<string, readonly Param[]>> = {
  DOMAIN_SET_SCHEDULER_PARAMETERS: scheduler,
  DOMAIN_SET_SCHEDULER_PARAMETERS_FLAGS: scheduler,
  DOMAIN_SET_MEMORY_PARAMETERS: [
    ['hard_limit', 4, ...sizes],
    ['soft_limit', 4, ...sizes],
    ['swap_hard_limit', 4, ...sizes],
    ['min_guarantee', 4, 1n],
  ],
  DOMAIN_SET_BLKIO_PARAMETERS: [
    ['weight', 2, 500, 0, 9, 10, 1000, 1001],
    ['device_weight', 7, ...perDevice, '/dev/null,9', '/dev/null,1001'],
    ['device_read_iops_sec', 7, ...perDevice],
    ['device_write_iops_sec', 7, ...perDevice],
    ['device_read_bytes_sec', 7, ...perDevice],
    ['device_write_bytes_sec', 7, ...perDevice],
  ],
  DOMAIN_SET_BLOCK_IO_TUNE: [
    ...iotune.map((name): Param => [name, 4, ...speeds]),
    ...iotune.map((name): Param => [`${name}_max`, 4, ...speeds]),
    ...iotune.map((name): Param => [`${name}_max_length`, 4, 5n, 0n, 1000000000000001n]),
    ['size_iops_sec', 4, ...speeds],
    ['group_name', 7, 'g', '', 'a b'],
  ],
  DOMAIN_SET_NUMA_PARAMETERS: [
    ['numa_mode', 1, 0, 1, 2, 3, 4, -1],
    ['numa_nodeset', 7, '0', '', 'x', '0-1', '5', '^0'],
  ],
  DOMAIN_SET_INTERFACE_PARAMETERS: ['inbound', 'outbound'].flatMap((way): Param[] => [
    [`${way}.average`, 2, 100, 0, 4294967295],
    [`${way}.peak`, 2, 200, 0],
    [`${way}.burst`, 2, 50, 0],
    [`${way}.floor`, 2, 10, 0],
  ]),
  DOMAIN_SET_PERF_EVENTS: [
    ['cmt', 6, 1, 0],
    ['mbmt', 6, 1, 0],
    ['cpu_cycles', 6, 1, 0],
    ['instructions', 6, 1, 0],
    ['page_faults', 6, 1, 0],
  ],
  DOMAIN_SET_IOTHREAD_PARAMS: [
    ['poll_max_ns', 4, 100n, 0n, 2147483647n, 2147483648n, 18446744073709551615n],
    ['poll_grow', 2, 3, 0, 2147483647, 2147483648],
    ['poll_shrink', 2, 3, 0, 2147483648],
    ['thread_pool_min', 1, 3, 0, -1, -2, 100],
    ['thread_pool_max', 1, 5, 0, -1, -2, 100],
  ],
  DOMAIN_SET_LAUNCH_SECURITY_STATE: [
    ['secret', 7, 'x'],
    ['secret_header', 7, 'x'],
    ['set_address', 4, 1n],
  ],
  DOMAIN_SAVE_PARAMS: [['file', 7, '/srv/params-image', '/nosuch/image', '']],
  DOMAIN_RESTORE_PARAMS: [
    ['file', 7, '/srv/image', '/nosuch/image', '/srv/text'],
    ['dxml', 7, '', '<domain/>'],
    ['parallel.channels', 1, 2, 0],
  ],
  NODE_SET_MEMORY_PARAMETERS: [
    ['shm_pages_to_scan', 2],
    ['shm_sleep_millisecs', 2],
    ['shm_merge_across_nodes', 2],
  ],
}

/** Lists of which no part makes sense by itself; without a file libvirtd gives no answer at all. */
const image = ['file', 7, '/srv/params-image'] as const
const together: Readonly<Record<string, readonly List[]>> = {
  DOMAIN_SAVE_PARAMS: [
    [image, ['dxml', 7, '']],
    [image, ['dxml', 7, '<domain/>']],
    [image, ['dxml', 4, 1n]],
    ...['raw', 'sparse', 'gzip', 'x', ''].map((format): List => [image, ['image_format', 7, format]]),
    [image, ['parallel.channels', 1, 2]],
    [image, ['parallel.channels', 1, 0]],
    [image, ['nosuch', 1, 0]],
  ],
}

/** Lists of parameters of a call; nothing for one that takes none. */
export function paramLists(procedure: string): readonly Value[] | undefined {
  const rows = known[procedure]
  if (rows === undefined) return undefined
  const first = rows.filter(([, , value]) => value !== undefined).map(([n, t, v]) => [n, t, v as Value] as const)
  const one = first[0]
  const lists: List[] = rows.flatMap(([name, type, ...values]) => values.map((value): List => [[name, type, value]]))
  for (const [name, type] of rows)
    for (const wrong of [1, 2, 3, 4, 5, 6, 7]) if (wrong !== type) lists.push([[name, wrong, samples[wrong] as Value]])
  if (one !== undefined) lists.push([one, one])
  for (const [i, a] of first.entries()) for (const b of first.slice(i + 1)) lists.push([a, b], [b, a])
  lists.push(...(together[procedure] ?? []))
  // Many at once are too much of a good thing.
  if (first.length > 9) lists.splice(lists.length - first.length * (first.length - 1) + 120)
  lists.push([], [['nosuch', 1, 1]], [...first, ['nosuch', 7, 'x']], first, [['', 4, 1n]])
  for (const count of [16, 17, 32, 33, 64, 65, 100])
    lists.push(Array.from({ length: count }, (_, i) => one ?? [`p${i}`, 1, 1]))
  return lists.map(params)
}
