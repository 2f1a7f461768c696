// SPDX-License-Identifier: GPL-2.0-or-later
// What the differential says to both daemons: every call of the test driver with good and bad values of every argument, from
// several states of the host.
import { type Described, description, fieldsOf, type Type, type Value } from './call.js'
import {
  bytes,
  checkpoints,
  device,
  dom,
  id,
  interfaces,
  net,
  networks,
  no,
  nodeDevices,
  pools,
  richDomain,
  smallDomain,
  smallNetwork,
  smallPool,
  snapshots,
  volume,
  volumes,
} from './documents.js'

/** A call with its arguments. */
export interface Step {
  readonly name: string
  readonly args: Value
}
const step = (name: string, args: Record<string, Value> = {}): Step => ({ name, args })

/** A state of the host: what leads to it, and the domain that calls are then about. */
export interface Scene {
  readonly name: string
  readonly steps: readonly Step[]
  readonly dom: Value
  /** Which procedures are of interest in it. */
  readonly only: RegExp
}

const test = dom('test', id.test, 1)
const rich = dom('rich', id.rich)
const defineRich = step('DOMAIN_DEFINE_XML_FLAGS', { xml: richDomain, flags: 0 })
const snapshot = (of: Value, name: string, flags = 0): Step =>
  step('DOMAIN_SNAPSHOT_CREATE_XML', {
    dom: of,
    xml_desc: `<domainsnapshot><name>${name}</name></domainsnapshot>`,
    flags,
  })
const checkpoint = (of: Value, name: string): Step =>
  step('DOMAIN_CHECKPOINT_CREATE_XML', {
    dom: of,
    xml_desc: `<domaincheckpoint><name>${name}</name></domaincheckpoint>`,
    flags: 0,
  })

export const scenes: readonly Scene[] = [
  { name: 'fresh', steps: [], dom: test, only: /./ },
  {
    name: 'off',
    steps: [step('DOMAIN_DESTROY', { dom: test })],
    dom: dom('test', id.test),
    only: /^DOMAIN_|STATS|LIST/,
  },
  { name: 'paused', steps: [step('DOMAIN_SUSPEND', { dom: test })], dom: test, only: /^DOMAIN_/ },
  {
    name: 'transient',
    steps: [step('DOMAIN_CREATE_XML', { xml_desc: smallDomain('t1', id.transient), flags: 0 })],
    dom: dom('t1', id.transient, 2),
    only: /^DOMAIN_|LIST_ALL_DOMAINS|STATS/,
  },
  { name: 'rich off', steps: [defineRich], dom: rich, only: /^DOMAIN_|LIST_ALL_DOMAINS|STATS/ },
  {
    name: 'rich on',
    steps: [defineRich, step('DOMAIN_CREATE', { dom: rich })],
    dom: dom('rich', id.rich, 2),
    only: /^DOMAIN_|LIST_ALL_DOMAINS|STATS/,
  },
  {
    name: 'snapshots',
    steps: [snapshot(test, 's1'), snapshot(test, 's2'), snapshot(test, 's3'), step('DOMAIN_SUSPEND', { dom: test })],
    dom: test,
    only: /SNAPSHOT|UNDEFINE|CHECKPOINT|LIST_ALL_DOMAINS|MANAGED|DESTROY|RENAME|^DOMAIN_CREATE/,
  },
  {
    name: 'snapshots off',
    steps: [snapshot(test, 's1'), step('DOMAIN_DESTROY', { dom: test }), snapshot(dom('test', id.test), 's2')],
    dom: dom('test', id.test),
    only: /SNAPSHOT|UNDEFINE|CHECKPOINT|LIST_ALL_DOMAINS|RENAME|^DOMAIN_CREATE/,
  },
  {
    name: 'checkpoints',
    steps: [checkpoint(test, 'c1'), checkpoint(test, 'c2')],
    dom: test,
    only: /SNAPSHOT|UNDEFINE|CHECKPOINT|LIST_ALL_DOMAINS|DESTROY|RENAME/,
  },
  {
    name: 'saved',
    steps: [step('DOMAIN_MANAGED_SAVE', { dom: test, flags: 0 })],
    dom: dom('test', id.test),
    only: /MANAGED|UNDEFINE|^DOMAIN_CREATE|LIST_ALL_DOMAINS|RENAME/,
  },
  {
    name: 'networks',
    steps: [
      step('NETWORK_DEFINE_XML', { xml: smallNetwork }),
      step('NETWORK_DESTROY', { net: net('default', id.network) }),
    ],
    dom: test,
    only: /NETWORK|INTERFACE_ADDRESSES/,
  },
  {
    name: 'transient network',
    steps: [step('NETWORK_CREATE_XML', { xml: smallNetwork })],
    dom: test,
    only: /NETWORK/,
  },
  {
    name: 'pools',
    steps: [
      step('STORAGE_POOL_DEFINE_XML', { xml: smallPool, flags: 0 }),
      step('STORAGE_VOL_CREATE_XML', { pool: net('default-pool', id.pool), xml: volume('v1'), flags: 0 }),
    ],
    dom: test,
    only: /STORAGE/,
  },
  {
    name: 'pool off',
    steps: [
      step('STORAGE_POOL_DESTROY', { pool: net('default-pool', id.pool) }),
      step('STORAGE_POOL_CREATE_XML', { xml: smallPool, flags: 0 }),
    ],
    dom: test,
    only: /STORAGE/,
  },
  {
    name: 'interfaces',
    steps: [
      step('INTERFACE_CHANGE_BEGIN', { flags: 0 }),
      step('INTERFACE_DEFINE_XML', {
        xml: "<interface type='ethernet' name='eth7'><mac address='aa:bb:cc:dd:ee:ff'/></interface>",
        flags: 0,
      }),
    ],
    dom: test,
    only: /INTERFACE/,
  },
]

/** Flags: none, the first ones together, each alone. */
export const everyBit: readonly number[] = [0, 1, 2, 3, ...Array.from({ length: 30 }, (_, bit) => 2 ** (bit + 2))]
const int = [0, 1, -1, 2, 100]
const size = [0n, 1n, 65536n, 2097152n, 99999999n]
const texts = ['', 'test', 'nosuch']
const documents = [
  '',
  'nonsense',
  '<a/>',
  '<domain/>',
  richDomain,
  smallDomain('d1', '11111111-2222-4333-8444-555555555509'),
  smallDomain('test', id.test),
  smallDomain('test', no),
  smallDomain('other', id.test),
]
const params = (...list: readonly (readonly [string, number, Value])[]): Value =>
  list.map(([field, type, value]) => ({ field, value: [type, value] }))
const iotune = [
  params(),
  params(['total_bytes_sec', 4, 10n], ['total_bytes_sec_max', 4, 20n]),
  params(['read_bytes_sec', 4, 10n], ['total_bytes_sec', 4, 10n]),
  params(['total_bytes_sec', 4, 10n]),
  params(['group_name', 7, 'g']),
  params(['size_iops_sec', 4, 5n]),
  params(['total_iops_sec', 4, 5n], ['total_iops_sec_max', 4, 10n], ['total_iops_sec_max_length', 4, 3n]),
  params(['total_bytes_sec_max', 4, 9999999999999999n]),
  params(['nosuch', 4, 5n]),
  params(['total_bytes_sec', 7, 'x']),
]

/** Values of a field, the most usual first: by procedure and field, by field, by type. */
const values: Readonly<Record<string, readonly Value[]>> = {
  flags: everyBit,
  net: [net('default', id.network), net('x', no), net('other', id.other), net('x', id.network)],
  network: [net('default', id.network), net('x', no), net('other', id.other)],
  pool: [net('default-pool', id.pool), net('x', no), net('p2', id.pool2)],
  vol: [
    { pool: 'default-pool', name: 'v1', key: '/default-pool/v1' },
    { pool: 'default-pool', name: 'x', key: '' },
    { pool: 'p2', name: 'v1', key: '' },
    { pool: 'x', name: 'v1', key: '' },
  ],
  clonevol: [
    { pool: 'default-pool', name: 'v1', key: '/default-pool/v1' },
    { pool: 'default-pool', name: 'x', key: '' },
  ],
  iface: [
    { name: 'eth1', mac: 'aa:bb:cc:dd:ee:ff' },
    { name: 'x', mac: '' },
    { name: 'eth7', mac: '' },
  ],
  secret: [{ uuid: bytes(no), usageType: 0, usageID: '' }],
  snap: ['s1', 's2', 's3', 'x'].map((name) => ({ name, dom: test })),
  snapshot: ['s1', 's2', 's3', 'x'].map((name) => ({ name, dom: test })),
  checkpoint: ['c1', 'c2', 'x'].map((name) => ({ name, dom: test })),
  port: [{ net: net('default', id.network), uuid: bytes(no) }],
  nwfilter: [{ name: 'x', uuid: bytes(no), portdev: 'x', filtername: 'x' } as Value],
  need_results: [1, 0],
  maxnames: [100, 0, 1],
  maxids: [100, 0, 1],
  maxuuids: [100, 0],
  nparams: [0, 1, 2, 6, 7, 20, 100],
  name: texts,
  'NETWORK_LOOKUP_BY_NAME name': ['default', 'x', '', 'other'],
  'STORAGE_POOL_LOOKUP_BY_NAME name': ['default-pool', 'x', 'p2'],
  'STORAGE_VOL_LOOKUP_BY_NAME name': ['v1', 'x', ''],
  'STORAGE_VOL_LOOKUP_BY_KEY key': ['/default-pool/v1', 'x'],
  'STORAGE_VOL_LOOKUP_BY_PATH path': ['/default-pool/v1', 'x', '/p2/v1'],
  'INTERFACE_LOOKUP_BY_NAME name': ['eth1', 'x', 'eth7'],
  'DOMAIN_SNAPSHOT_LOOKUP_BY_NAME name': ['s1', 'x', 's3'],
  'DOMAIN_CHECKPOINT_LOOKUP_BY_NAME name': ['c1', 'x'],
  uuid: [id.test, no, id.network, id.pool, id.rich].map(bytes),
  mac: ['aa:bb:cc:dd:ee:ff', 'AA:BB:CC:DD:EE:FF', 'x', '00:00:00:00:00:00'],
  xml: documents,
  xml_desc: documents,
  dxml: [null, '', '<domain/>', smallDomain('test', id.test)],
  to: ['/tmp/wire-image', '/nosuch/image', ''],
  from: ['/tmp/wire-image', '/nosuch/image', '/etc/passwd'],
  file: ['/tmp/wire-image', '/nosuch/image', '/etc/passwd'],
  autostart: [1, 0],
  memory: size,
  nvcpus: [1, 0, 2, 3, 4, 5, 33, 1000],
  vcpu: [0, 1, 2, 4, 100],
  cpumap: [
    Uint8Array.of(1),
    Uint8Array.of(3, 0),
    Uint8Array.of(0),
    Uint8Array.of(0xff, 0xff, 0xff, 0xff),
    Uint8Array.of(),
  ],
  'DOMAIN_SET_VCPU cpumap': ['0', '1-2', 'x', ''],
  'DOMAIN_SET_GUEST_VCPUS cpumap': ['0', 'x'],
  maxinfo: [2, 1, 100, 0],
  maplen: [1, 2, 8, 0],
  ncpumaps: [1, 2, 10, 0],
  path: ['vda', '/guest/diskimage1', 'nosuch', '', 'hdc', '/a', 'vdb'],
  disk: ['vda', '/guest/diskimage1', 'nosuch', null, 'hdc', 'vdb'],
  'DOMAIN_SET_BLOCK_IO_TUNE disk': ['vda', 'nosuch', '/guest/diskimage1', 'hdc', ''],
  'DOMAIN_BLOCK_RESIZE disk': ['vda'],
  'DOMAIN_BLOCK_COMMIT disk': ['vda'],
  device: ['testnet0', 'aa:bb:cc:dd:ee:ff', 'nosuch', '', 'tap7', '52:54:00:00:00:03'],
  type: [0, 1, 2, 3, 100],
  'CONNECT_GET_MAX_VCPUS type': [null, 'test', 'x'],
  'CONNECT_FIND_STORAGE_POOL_SOURCES type': ['logical', 'netfs', 'iscsi', 'dir', 'x', ''],
  srcSpec: [
    null,
    "<source><host name='h'/></source>",
    '<source/>',
    '<x/>',
    'x',
    "<source><host name='a'/><host name='b'/></source>",
  ],
  metadata: ['text', null, '', '<x/>', '<x xmlns:k="http://k"><y/></x>', '<broken'],
  key: ['k', null, ''],
  uri: ['http://a', null, '', 'http://none'],
  params: [params(), params(['nosuch', 1, 1])],
  'DOMAIN_SET_BLOCK_IO_TUNE params': iotune,
  'DOMAIN_SET_MEMORY_PARAMETERS params': [
    params(['hard_limit', 4, 100000n]),
    params(['soft_limit', 4, 100n], ['hard_limit', 4, 200n], ['swap_hard_limit', 4, 300n]),
    params(['swap_hard_limit', 4, 1n], ['hard_limit', 4, 200n]),
    params(['hard_limit', 4, 9007199254740991n]),
    params(['hard_limit', 1, 1]),
    params(['min_guarantee', 4, 1n]),
    params(),
  ],
  'DOMAIN_SET_BLKIO_PARAMETERS params': [
    params(['weight', 2, 500]),
    params(['weight', 2, 5]),
    params(['device_weight', 7, '/dev/x,300']),
    params(['device_weight', 7, '/dev/x,300,/dev/y,0']),
    params(['device_weight', 7, '/dev/x']),
    params(['device_weight', 7, '/dev/x,a']),
    params(['device_read_bytes_sec', 7, '/dev/x,300'], ['device_write_iops_sec', 7, '/dev/x,3']),
    params(['weight', 1, 5]),
    params(),
  ],
  'DOMAIN_SET_NUMA_PARAMETERS params': [
    params(['numa_mode', 1, 0], ['numa_nodeset', 7, '0']),
    params(['numa_mode', 1, 1]),
    params(['numa_mode', 1, 7]),
    params(['numa_nodeset', 7, '0-1']),
    params(['numa_nodeset', 7, 'x']),
    params(['numa_nodeset', 7, '']),
    params(),
  ],
  'DOMAIN_SET_INTERFACE_PARAMETERS params': [
    params(['inbound.average', 2, 100]),
    params(['inbound.average', 2, 100], ['inbound.peak', 2, 200], ['inbound.burst', 2, 50], ['inbound.floor', 2, 10]),
    params(['outbound.average', 2, 100], ['outbound.peak', 2, 200]),
    params(['inbound.average', 2, 0]),
    params(['inbound.peak', 2, 5]),
    params(['inbound.floor', 2, 5]),
    params(['outbound.average', 1, 5]),
    params(),
  ],
  'DOMAIN_SET_SCHEDULER_PARAMETERS params': [
    params(['weight', 2, 50]),
    params(['weight', 2, 0]),
    params(['weight', 1, 50]),
    params(['cap', 2, 50]),
    params(),
  ],
  'DOMAIN_SET_SCHEDULER_PARAMETERS_FLAGS params': [
    params(['weight', 2, 50]),
    params(['weight', 1, 50]),
    params(['cap', 2, 50]),
    params(),
  ],
  'DOMAIN_SET_PERF_EVENTS params': [
    params(['cmt', 6, 1]),
    params(['cmt', 6, 1], ['mbmt', 6, 0]),
    params(['cmt', 1, 1]),
    params(['x', 6, 1]),
    params(),
  ],
  'DOMAIN_SET_IOTHREAD_PARAMS params': [
    params(['poll_max_ns', 4, 100n]),
    params(['poll_grow', 2, 3], ['poll_shrink', 2, 3]),
    params(['poll_max_ns', 4, 9999999999n]),
    params(['thread_pool_min', 1, 3]),
    params(['poll_grow', 4, 1n]),
    params(),
  ],
  iothread_id: [1, 0, 2, 5, 100],
  iothreads_id: [1, 0, 2, 5],
  codeset: [0, 1, 7, 9, 10],
  keycodes: [[30], [], [1, 2], [255], [1000]],
  pid_value: [1n, 0n, 2n, -1n],
  signum: [0, 1, 9, 64, 65, 100],
  mountpoints: [[], ['/'], ['/', '/boot'], ['/x'], ['/', '/']],
  mountPoint: [null, '/', '/x', ''],
  source: [0, 1, 2, 3, 100],
  new_name: ['new', 'test', '', 'a/b', 'rich', null],
  seconds: [5n, 0n, -1n],
  'DOMAIN_START_DIRTY_RATE_CALC seconds': [1],
  period: [5, 0, -1],
  dumpformat: [0, 1, 5, 100],
  eventID: [0, 1, 24, 26, 27, -1, 100],
  callbackID: [0, 5, -1],
  stats: [0, 1, 2, 128, 129, 0x1000, 0x7fffffff],
  doms: [[], [test], [dom('x', no)], [test, test]],
  maxStats: [13, 0, 1, 5, 100],
  maxerrors: [10, 0, 1],
  start_cpu: [-1, 0, 1, 2, 5, -2],
  ncpus: [1, 0, 2, 3],
  cpuNum: [-1, 0, 1, 100, -2],
  cellNum: [-1, 0, 1],
  startCell: [0, 1, 2, -1],
  maxcells: [1, 2, 5, 0],
  cellCount: [1, 2, 5, 0],
  pages: [[4], [4, 2048], [], [5]],
  feature: Array.from({ length: 19 }, (_, i) => i),
  need_map: [1, 0],
  need_online: [1, 0],
  emulatorbin: [null, '/usr/bin/test-hv', 'x'],
  arch: [null, 'i686', 'x86_64', 'x'],
  'CONNECT_GET_CPU_MODEL_NAMES arch': ['i686', 'x86_64', 'x'],
  machine: [null, 'x'],
  virttype: [null, 'test', 'qemu', 'x'],
  alias: ['x', 'net0', 'virtio-disk0', ''],
  cap: [null, 'scsi_host', 'fc_host', 'vports', 'x', 'system', ''],
  command: [3, 0, 1, 2, 4, 5],
  section: [2, 0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14],
  parentIndex: [-1, 0, 1],
  wwnn: ['2000000012341234', 'x'],
  wwpn: ['1000000012341234', 'x'],
  offset: [0n, 1n],
  size: [0, 1, 100],
  'DOMAIN_BLOCK_RESIZE size': [0n],
  user: ['root', ''],
  password: ['x', ''],
  'DOMAIN_UPDATE_DEVICE_FLAGS xml': [],
  action: [0, 1, 2, 3, 4, 10],
  'doms x': [],
}

/** Documents by what the procedure takes. */
const byProcedure: readonly (readonly [RegExp, readonly Value[]])[] = [
  [/^DOMAIN_(ATTACH|DETACH|UPDATE)_DEVICE/, device],
  [/^DOMAIN_SNAPSHOT_CREATE/, snapshots],
  [/^DOMAIN_CHECKPOINT_CREATE/, checkpoints],
  [/^NETWORK_(DEFINE|CREATE)/, networks],
  [
    /^NETWORK_UPDATE/,
    [
      "<host mac='52:54:00:00:00:07' ip='192.168.122.7'/>",
      "<range start='192.168.122.2' end='192.168.122.254'/>",
      "<host ip='192.168.122.9'><hostname>h</hostname></host>",
      "<txt name='a' value='b'/>",
      "<portgroup name='p'/>",
      "<interface dev='eth0'/>",
      '<x/>',
      '',
    ],
  ],
  [/^STORAGE_POOL_(DEFINE|CREATE)/, pools],
  [/^STORAGE_VOL_CREATE/, volumes],
  [/^INTERFACE_DEFINE/, interfaces],
  [/^NODE_DEVICE_CREATE/, nodeDevices],
  [
    /^NETWORK_PORT_CREATE/,
    [
      "<networkport><owner><name>a</name><uuid>6695eb01-f6a4-8304-79aa-97f2502e193f</uuid></owner><mac address='52:54:00:00:00:01'/></networkport>",
    ],
  ],
]

/** Values of a type, for fields that nothing more is known of. */
export function byType(type: Type): readonly Value[] {
  switch (type.k) {
    case 'ref': {
      const definition = description.types[type.name]
      if (definition?.kind === 'typedef') return byType(definition.type)
      if (definition?.kind === 'struct')
        return [Object.fromEntries(definition.fields.map((f) => [f.name, byType(f.type)[0] as Value]))]
      return [[1, 0]]
    }
    case 'optional':
      return [null, ...byType(type.of)]
    case 'list':
      return [[]]
    case 'array':
      return [Array<number>(type.len ?? 0).fill(0)]
    case 'string':
      return texts
    case 'opaque':
      return [type.len === undefined ? new Uint8Array() : bytes(no)]
    case 'hyper':
    case 'uhyper':
      return size
    default:
      return int
  }
}

function valuesOf(procedure: Described, scene: Scene, name: string, type: Type): readonly Value[] {
  if (name === 'dom') return [scene.dom, dom('x', no, 3)]
  if (name === 'xml' || name === 'xml_desc')
    for (const [pattern, list] of byProcedure) if (pattern.test(procedure.name)) return list
  if (name === 'name' && /^NODE_DEVICE/.test(procedure.name))
    return ['scsi_host1', 'computer', 'scsi_host11', 'nosuch', 'scsi_host2']
  const found = values[`${procedure.name} ${name}`] ?? values[name]
  // A name in the table may be the name of something else elsewhere.
  const fallback = byType(type)
  return found === undefined || found.length === 0 ? fallback : found
}

/** Calls that say nothing about the driver, or that hand something over that bytes cannot carry. */
const leftOut =
  /^AUTH_SASL_ST|^CONNECT_(OPEN|CLOSE|SET_IDENTITY|REGISTER_CLOSE|UNREGISTER_CLOSE)|MIGRATE|TUNNEL|_FDS?$|WITH_FILES|FD_ASSOCIATE|OPEN_GRAPHICS/

/** Pairs of flags and values that matter together. */
const impacts = [0, 1, 2, 3]

/** Calls of one procedure in one scene. */
export const callsOf = (procedure: Described, scene: Scene): Generator<Step> =>
  callsWith(procedure, (name, type) => valuesOf(procedure, scene, name, type))

/** Calls of one procedure: the first of all values that `choose` has for its fields, then each other value of each field. */
export function* callsWith(
  procedure: Described,
  choose: (name: string, type: Type) => readonly Value[],
): Generator<Step> {
  const fields = fieldsOf(procedure)
  const choices = fields.map(({ name, type }) => choose(name, type))
  const first = (): Record<string, Value> =>
    Object.fromEntries(fields.map(({ name }, i) => [name, (choices[i] as readonly Value[])[0] as Value]))
  yield step(procedure.name, first())
  const flagged = fields.some(({ name }) => name === 'flags')
  for (const [i, { name }] of fields.entries())
    for (const value of (choices[i] as readonly Value[]).slice(1)) {
      yield step(procedure.name, { ...first(), [name]: value })
      if (flagged && name !== 'flags' && name !== 'dom')
        for (const flags of impacts.slice(1)) yield step(procedure.name, { ...first(), [name]: value, flags })
    }
}

/** Procedures that are compared. */
export const compared: readonly Described[] = description.procedures.filter(
  (p) => p.kind === 'call' && !leftOut.test(p.name),
)

const every = (...steps: readonly Step[]): readonly Step[] => steps

/** What is asked after a call, to see what it has done. */
export function probesAfter(name: string, scene: Scene): readonly Step[] {
  if (/^(DOMAIN_|CONNECT_DOMAIN)/.test(name))
    return every(
      step('CONNECT_LIST_ALL_DOMAINS', { need_results: 1, flags: 0 }),
      step('DOMAIN_GET_XML_DESC', { dom: scene.dom, flags: 0 }),
      step('DOMAIN_GET_XML_DESC', { dom: scene.dom, flags: 3 }),
      step('DOMAIN_GET_STATE', { dom: scene.dom, flags: 0 }),
      step('DOMAIN_LIST_ALL_SNAPSHOTS', { dom: scene.dom, need_results: 1, flags: 0 }),
      step('DOMAIN_SNAPSHOT_CURRENT', { dom: scene.dom, flags: 0 }),
      step('DOMAIN_LIST_ALL_CHECKPOINTS', { dom: scene.dom, need_results: 1, flags: 0 }),
      step('CONNECT_GET_ALL_DOMAIN_STATS', { doms: [], stats: 0, flags: 0 }),
    )
  if (/NETWORK/.test(name))
    return every(
      step('CONNECT_LIST_ALL_NETWORKS', { need_results: 1, flags: 0 }),
      ...[net('default', id.network), net('other', id.other)].flatMap((one) => [
        step('NETWORK_GET_XML_DESC', { net: one, flags: 0 }),
        step('NETWORK_IS_ACTIVE', { net: one }),
        step('NETWORK_IS_PERSISTENT', { net: one }),
        step('NETWORK_GET_AUTOSTART', { net: one }),
      ]),
    )
  if (/STORAGE/.test(name))
    return every(
      step('CONNECT_LIST_ALL_STORAGE_POOLS', { need_results: 1, flags: 0 }),
      ...[net('default-pool', id.pool), net('p2', id.pool2)].flatMap((pool) => [
        step('STORAGE_POOL_GET_XML_DESC', { pool, flags: 0 }),
        step('STORAGE_POOL_GET_INFO', { pool }),
        step('STORAGE_POOL_LIST_ALL_VOLUMES', { pool, need_results: 1, flags: 0 }),
      ]),
      step('STORAGE_VOL_GET_XML_DESC', { vol: { pool: 'default-pool', name: 'v1', key: '' }, flags: 0 }),
    )
  if (/INTERFACE/.test(name))
    return every(
      step('CONNECT_LIST_ALL_INTERFACES', { need_results: 1, flags: 0 }),
      step('INTERFACE_GET_XML_DESC', { iface: { name: 'eth1', mac: '' }, flags: 0 }),
      step('INTERFACE_IS_ACTIVE', { iface: { name: 'eth1', mac: '' } }),
    )
  if (/NODE_DEVICE/.test(name)) return every(step('CONNECT_LIST_ALL_NODE_DEVICES', { need_results: 1, flags: 0 }))
  return []
}
