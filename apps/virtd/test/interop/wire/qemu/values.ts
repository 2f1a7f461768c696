// SPDX-License-Identifier: GPL-2.0-or-later
// What the walk of the QEMU driver puts into the arguments of calls.
import { type Described, description, type Type, type Value } from '../call.js'
import { byType, callsWith, everyBit, type Scene, type Step } from '../cases.js'
import { bytes, dom, no } from '../documents.js'
import { id, plain, plainGuest, rich, richGuest } from './guests.js'
import { paramLists } from './typed-params.js'

/** Flags that exclude each other, or that only mean something together. */
const flagSets: readonly number[] = [
  ...new Set([
    ...everyBit,
    ...[0, 1, 2, 3, 4, 5, 6].flatMap((a) => Array.from({ length: 9 }, (_, b) => (1 << a) | (1 << b))),
    7,
    11,
    15,
    19,
    31,
    0xff,
    0xffff,
    0xffffffff,
  ]),
]
const documents = [
  '',
  'nonsense',
  '<a/>',
  '<domain/>',
  plainGuest('new', id.other),
  plainGuest('rich', no),
  plainGuest('new', id.rich),
  richGuest(),
  richGuest('new', id.rich),
  richGuest().replace('<title>T</title>', '<title>other</title>'),
  plainGuest('new', id.other).replace("type='qemu'", "type='xen'"),
  plainGuest('new', id.other).replace('<vcpu>1<', '<vcpu>0<'),
  plainGuest('new', id.other).replace('qemu-system-x86_64', 'nosuch'),
  plainGuest('new', id.other).replace('<devices>', '<nosuch/><devices>'),
  plainGuest('a/b', id.other),
  plainGuest('', id.other),
]
const cpus = [
  '<cpu><arch>x86_64</arch><model>qemu64</model></cpu>',
  '<cpu><arch>x86_64</arch><model>Nehalem</model><feature name="nosuch"/></cpu>',
  '<cpu><arch>x86_64</arch><model>nosuch</model></cpu>',
  '<cpu><arch>x86_64</arch><model>Haswell</model><vendor>Intel</vendor></cpu>',
  '<cpu mode="host-passthrough"/>',
  '<cpu mode="custom" match="exact"><model>kvm64</model></cpu>',
  '<cpu/>',
  '<x/>',
  '',
]
const texts = ['', 'rich', 'nosuch']
const programs = ['/usr/bin/qemu-system-x86_64', null, '/nosuch', 'x', '']
const maps = [
  Uint8Array.of(1),
  Uint8Array.of(3),
  Uint8Array.of(2, 0),
  Uint8Array.of(0),
  Uint8Array.of(0xff, 0xff, 0xff, 0xff),
  Uint8Array.of(),
]

/** Values of a field, the most usual first: by procedure and field, by field. */
const values: Readonly<Record<string, readonly Value[]>> = {
  flags: flagSets,
  need_results: [1, 0],
  need_map: [1, 0],
  need_online: [1, 0],
  maxnames: [100, 0, 1, -1],
  maxids: [100, 0, 1, -1],
  nparams: [0, 1, 2, 3, 4, 6, 7, 13, 19, 20, 64, 100, -1],
  name: texts,
  uuid: [id.rich, no, id.plain].map(bytes),
  xml: documents,
  xml_desc: documents,
  dxml: [null, '', '<domain/>', richGuest(), richGuest('new', id.rich), plainGuest()],
  to: ['/srv/image', '/nosuch/image', '', 'relative', '/srv'],
  from: ['/srv/image', '/nosuch/image', '/srv/text', ''],
  file: ['/srv/image', '/nosuch/image', '/srv/text', ''],
  autostart: [1, 0, 2, -1],
  memory: [49152n, 0n, 1n, 65536n, 65537n, 131072n, 99999999n, 18446744073709551615n],
  nvcpus: [2, 0, 1, 3, 4, 5, 8, 33, 255, 256, 1000, 16711],
  vcpu: [0, 1, 2, 3, 4, 100],
  cpumap: maps,
  'DOMAIN_SET_VCPU cpumap': ['3', '0', '1', '2-3', '1-2', '4', 'x', '', '0-3', '^1', '1,1'],
  'DOMAIN_SET_GUEST_VCPUS cpumap': ['0', 'x', '', '1-2'],
  state: [1, 0, 2, -1],
  maxinfo: [4, 2, 1, 100, 0, -1],
  maplen: [1, 2, 8, 0, -1, 1000],
  ncpumaps: [4, 1, 2, 10, 0],
  path: ['vda', 'hda', '/srv/boot.img', '/srv/disk.qcow2', 'nosuch', '', 'hdc', '/nosuch', 'tap7'],
  disk: ['vda', 'hda', '/srv/boot.img', 'nosuch', '', 'hdc', null],
  'DOMAIN_SET_BLOCK_IO_TUNE disk': ['vda', 'hda', '/srv/disk.qcow2', 'nosuch', '', 'hdc'],
  dev: ['vda', 'vda[1]', 'vda[0]', 'vda[x]', 'vda[', 'nosuch', 'hdc', 'hda', ''],
  threshold: [65536n, 0n, 1n, 18446744073709551615n],
  device: [
    'vnet0',
    'vnet1',
    'tap7',
    '52:54:00:00:00:01',
    '52:54:00:00:00:02',
    '52:54:00:00:00:03',
    '52:54:00:00:00:09',
    'nosuch',
    '',
  ],
  type: [0, 1, 2, 3, 4, 100, -1],
  'CONNECT_GET_MAX_VCPUS type': [null, 'qemu', 'kvm', 'xen', 'x', 'QEMU', ''],
  metadata: ['text', null, '', '<x/>', '<x xmlns:k="http://k"><y/></x>', '<broken', 'a\nb'],
  key: ['k', null, '', 'a b'],
  uri: ['http://a', null, '', 'http://none'],
  iothread_id: [1, 0, 2, 3, 5, 100, 0xffffffff],
  iothreads_id: [1, 0, 2, 3, 5],
  codeset: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 100],
  keycodes: [[30], [], [1, 2], [255], [1000], [65536], Array<number>(16).fill(30), Array<number>(17).fill(30)],
  holdtime: [0, 1, 65535, 65536],
  pid_value: [1n, 0n, 2n, -1n],
  signum: [0, 1, 9, 64, 65, 100],
  mountpoints: [[], ['/'], ['/', '/boot'], Array<string>(256).fill('/'), Array<string>(257).fill('/')],
  mountPoint: [null, '/', ''],
  minimum: [0n, 1n],
  source: [0, 1, 2, 3, 100],
  new_name: ['new', 'rich', 'plain', '', 'a/b', ' ', 'a\nb', null, 'x'.repeat(300)],
  seconds: [5n, 0n, -1n, 9223372036854775807n],
  nseconds: [0, 1, 999999999, 1000000000],
  'DOMAIN_START_DIRTY_RATE_CALC seconds': [1, 0, -1, 61, 60],
  period: [5, 0, -1, 10, 2147483647],
  timeout: [-2, -1, 0, -3, 5, 2147483647],
  dumpformat: [0, 1, 2, 3, 4, 5, 6, 100],
  eventID: [0, 1, 24, 26, 27, 28, -1, 100],
  callbackID: [0, 5, 100, -1],
  stats: [0, ...Array.from({ length: 16 }, (_, bit) => 2 ** bit), 0x7fffffff, 0xffffffff],
  types: [0, ...Array.from({ length: 12 }, (_, bit) => 2 ** bit), 0xffffffff],
  doms: [[], [rich], [plain], [dom('x', no)], [rich, rich], [rich, dom('x', no)]],
  maxStats: [13, 0, 1, 5, 16, 100, 1024, 1025],
  maxerrors: [10, 0, 1, 256, 257],
  start_cpu: [-1, 0, 1, 2, 5, -2],
  ncpus: [1, 0, 2, 3, 128, 129],
  cpuNum: [-1, 0, 1, 2, 100, -2],
  cellNum: [-1, 0, 1, -2, 100],
  startCell: [0, 1, 2, -1, -2],
  maxcells: [1, 2, 5, 0, -1],
  cellCount: [1, 2, 5, 0],
  pages: [[4], [4, 2048], [], [5], [2048], [1048576]],
  pageSizes: [[5], []],
  pageCounts: [[0n], []],
  feature: Array.from({ length: 20 }, (_, i) => i),
  emulatorbin: programs,
  emulator: programs,
  arch: ['x86_64', null, 'i686', 'aarch64', 'x', ''],
  'CONNECT_GET_CPU_MODEL_NAMES arch': ['x86_64', 'i686', 'aarch64', 'ppc64', 'x', ''],
  machine: ['pc', null, 'q35', 'microvm', 'isapc', 'none', 'x', ''],
  virttype: ['qemu', null, 'kvm', 'xen', 'x', ''],
  xmlCPU: cpus,
  xmlCPUs: [
    ...cpus.map((one) => [one]),
    [],
    cpus.slice(0, 2),
    [cpus[0] as string, cpus[3] as string],
    [cpus[0] as string, cpus[5] as string],
  ],
  'CONNECT_COMPARE_CPU xml': cpus,
  nativeFormat: ['qemu-argv', 'x', '', 'xen-xl'],
  nativeConfig: ['', 'x'],
  domainXml: documents,
  alias: ['net0', 'virtio-disk0', 'x', ''],
  dev_name: [null, 'serial0', 'console0', 'channel0', 'channel1', 'x', ''],
  'DOMAIN_OPEN_CHANNEL name': ['org.virt.pty', 'org.qemu.guest_agent.0', null, 'x', ''],
  idx: [0, 1, 100],
  screen: [0, 1, 2, 100],
  target: [0, 1, 2, 3, 100],
  duration: [0n, 1n, 60n],
  offset: [0n, 510n, 65535n, 65536n, 18446744073709551615n],
  size: [2, 0, 1, 100, 65536, 65537, 1048576],
  user: ['root', ''],
  password: ['x', ''],
  action: [0, 1, 2, 3, 4, 10],
}

/** Some flags are only of interest with other values of another field. */
const more: Readonly<Record<string, readonly [field: string, flags: readonly number[]]>> = {
  DOMAIN_SET_VCPUS_FLAGS: ['nvcpus', [4, 5, 6, 7, 8, 9, 10, 12, 16, 17, 18, 24]],
  DOMAIN_SET_MEMORY_FLAGS: ['memory', [4, 5, 6, 7]],
  DOMAIN_SET_METADATA: ['metadata', []],
}

/** Changes of the machine itself, and descriptors that bytes cannot carry. */
const leftOut =
  /^AUTH_|^CONNECT_(OPEN|CLOSE|SET_IDENTITY|REGISTER_CLOSE|UNREGISTER_CLOSE|SUPPORTS_FEATURE)|_FDS?$|WITH_FILES|FD_ASSOCIATE|OPEN_GRAPHICS|NODE_SUSPEND/

/** What QEMU's driver does not do yet: pages of docs/ tell of it. */
const notYet =
  /MIGRATE|SNAPSHOT|CHECKPOINT|BACKUP|(AT|DE)TACH|UPDATE_DEVICE|BLOCK_(RESIZE|JOB|PULL|REBASE|COPY|COMMIT)|THROTTLE_GROUP|BLOCK_JOB/

/** Other drivers' business. */
const elsewhere =
  /NETWORK|STORAGE|NWFILTER|SECRET|NODE_(DEVICE|LIST|NUM)|^INTERFACE|CONNECT_(\w+_)?INTERFACES|SCREENSHOT_/

/** Procedures that are compared. */
export const compared: readonly Described[] = description.procedures.filter(
  ({ kind, name }) => kind === 'call' && !leftOut.test(name) && !notYet.test(name) && !elsewhere.test(name),
)

function takesNone(type: Type): boolean {
  const definition = type.k === 'ref' ? description.types[type.name] : undefined
  return type.k === 'optional' || (definition?.kind === 'typedef' && takesNone(definition.type))
}

/** States in which each bit is tried. */
const every = /^(off|on)$/

function choose(procedure: Described, scene: Scene, name: string, type: Type): readonly Value[] {
  if (name === 'dom')
    return procedure.name.includes('CALLBACK') ? [null, scene.dom, dom('x', no, 3)] : [scene.dom, dom('x', no, 3)]
  if (name === 'flags' && !every.test(scene.name))
    return flagSets.filter((flag) => flag < 16 || flag === 256 || flag > 1e9)
  if (name === 'params') return paramLists(procedure.name) ?? [[]]
  const list = values[`${procedure.name} ${name}`] ?? values[name] ?? byType(type)
  // None at all can only be said where the protocol has room for it.
  return takesNone(type) ? list : list.filter((one) => one !== null)
}

/** Calls of one procedure in one scene. */
export function* callsOf(procedure: Described, scene: Scene): Generator<Step> {
  let first: Step | undefined
  for (const call of callsWith(procedure, (name, type) => choose(procedure, scene, name, type))) {
    first ??= call
    yield call
  }
  const row = more[procedure.name]
  if (row === undefined || first === undefined) return
  const [field, flags] = row
  for (const value of values[field] as readonly Value[])
    for (const flag of flags)
      yield { name: first.name, args: { ...(first.args as Record<string, Value>), [field]: value, flags: flag } }
}
