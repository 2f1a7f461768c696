// SPDX-License-Identifier: LGPL-2.1-or-later
// What the QEMU driver keeps of a running guest beside its definition.
import { chardevType } from '../../domain/schema/chardev.js'
import { cpu } from '../../domain/schema/cpu.js'
import { diskBackingStore } from '../../domain/schema/disk.js'
import { storageFormat, storageSource, storageType } from '../../domain/schema/storage.js'
import type { StorageSource } from '../../domain/types.gen.js'
import {
  attr,
  child,
  children,
  type Element,
  element,
  type Fields,
  flag,
  leaf,
  only,
  tagOf,
  wrapped,
} from '../../lang/field.js'
import { hexAny, int, numberSet, oneOf, text, uint, ulong, type Value, yesNo } from '../../lang/value.js'
import type { MigrationSource, QemuJob } from '../types.gen.js'
import { statusOf } from './status.js'

export const jobType: Value = oneOf(
  'none',
  'query',
  'destroy',
  'suspend',
  'modify',
  'abort',
  'migration operation',
  'modify migration safe',
  'async',
  'async nested',
)
export const asyncJobType: Value = oneOf(
  'none',
  'migration out',
  'migration in',
  'save',
  'dump',
  'snapshot',
  'start',
  'backup',
)

/** Where the data of a disk go while it is migrated. */
export const migrationSource: Element = element('migrationSource', {
  type: tagOf('source', 'type', storageType, storageSource).required(),
  format: attr(storageFormat).required(),
  // As versions wrote it that had no element of its own for the source.
  protocol: attr(text).if(() => false),
  name: attr(text).if(() => false),
  tlsFromConfig: attr(oneOf('0', '1')).if(() => false),
  hosts: children(
    element('host', { name: attr(text), port: attr(text), transport: attr(text), socket: attr(text) }),
  ).if(() => false),
  privateData: child(() => qemuSourceData)
    .as('privateData')
    .if(() => false),
  source: child(storageSource),
}).finish((target: MigrationSource) => {
  const { protocol, name, tlsFromConfig, hosts, privateData, source } = target
  if (protocol === undefined || source?.type !== 'network') return
  Object.assign(source, { protocol, name, tlsFromConfig, hosts, privateData } as Partial<StorageSource>)
})

export const migrationDisk: Element = element('disk', {
  dev: attr(text).required(),
  migrating: attr(yesNo).required(),
  migrationSource: child(migrationSource),
})

export const migrationParam: Element = element('param', { name: attr(text).required(), value: attr(text).required() })

/** QEMU's own parameters from before a migration. */
export const migrationParams: Element = element('migParams', { params: children(migrationParam) }).keepOpen()

export const qemuJob: Element = element('job', {
  type: attr(jobType).required(),
  async: attr(asyncJobType).default('none'),
  phase: attr(text),
  flags: attr(hexAny(1)),
  asyncStarted: attr(ulong),
  asyncPaused: attr(yesNo),
  disks: children(migrationDisk),
  tempBlockDirtyBitmaps: wrapped(
    'tempBlockDirtyBitmaps',
    element('bitmap', { name: attr(text).required(), nodename: attr(text).required() }),
  ),
  migParams: child(migrationParams),
}).finish((job: QemuJob) => {
  if (job.async === 'none') return
  job.flags ??= 0
  job.asyncStarted ??= 0n
})

const image = (name: string): Element =>
  element(name, {
    type: tagOf('source', 'type', storageType, storageSource),
    format: attr(storageFormat),
    source: child(storageSource),
    backingStore: child(diskBackingStore),
  })

export const blockJob: Element = element('blockjob', {
  name: attr(text).required(),
  type: attr(text).required(),
  brokentype: attr(text),
  state: attr(text).required(),
  newstate: attr(text),
  jobflags: attr(hexAny(1)),
  errmsg: leaf(text),
  disk: child(element('disk', { dst: attr(text).required(), mirror: attr(yesNo) })),
  chains: child(element('chains', { disk: child(image('disk')), mirror: child(image('mirror')) })),
  base: only('node', text),
  top: only('node', text),
  topparent: only('node', text),
  baseparent: only('node', text),
  deleteCommittedImages: flag(),
  create: only('mode', text),
  src: child(image('src')),
  shallownew: flag(),
  bitmap: only('name', text),
  store: child(image('store')),
})

const nodenames = (): Fields => ({
  nodenames: wrapped('nodenames', element('nodename', { type: attr(text).required(), name: attr(text).required() })),
})

/** `<privateData>` of a disk. */
export const qemuDiskData: Element = element('privateData', { qom: only('name', text), ...nodenames() })

/** `<privateData>` of a storage source. */
export const qemuSourceData: Element = element('privateData', {
  ...nodenames(),
  reservations: only('mgralias', text),
  relPath: leaf(text),
  objects: child(
    element('objects', {
      secrets: children(element('secret', { type: attr(text).required(), alias: attr(text).required() })),
      TLSx509: only('alias', text),
    }),
  ),
  fdsets: wrapped('fdsets', element('fdset', { type: attr(text).required(), id: attr(uint).required() })),
  thresholdEvent: only('indexUsed', yesNo),
  nbdkit: child(element('nbdkit', { pidfile: leaf(text), socketfile: leaf(text) })),
})

/** `<privateData>` of a network card. */
export const qemuInterfaceData: Element = element('privateData', { created: leaf(yesNo) })
/** `<privateData>` of a TPM. */
export const qemuTpmData: Element = element('privateData', { swtpm: only('canMigrateWithSharedStorage', yesNo) })

const folder = () => only('path', text)

/** `<domstatus>` of a QEMU guest. */
export const qemuStatus: Element = statusOf({
  monitor: child(element('monitor', { path: attr(text).required('no monitor path'), type: attr(chardevType) })),
  dbusDaemon: flag(),
  dbusVMState: flag(),
  namespaces: child(element('namespaces', { mount: flag() })),
  vcpuPids: wrapped('vcpus', element('vcpu', { id: attr(uint), pid: attr(ulong).required() })),
  qemuCaps: child(element('qemuCaps', { flags: children(element('flag', { name: attr(text).required() })) })),
  lockstate: leaf(text),
  job: child(qemuJob),
  fakereboot: flag(),
  deviceAliases: wrapped('devices', element('device', { alias: attr(text).required() })),
  numad: child(element('numad', { nodeset: attr(numberSet), cpuset: attr(numberSet) })),
  libDir: folder(),
  channelTargetDir: folder(),
  memoryBackingDir: folder(),
  cpu: child(cpu),
  chardevStdioLogd: flag(),
  rememberOwner: flag(),
  allowReboot: only('value', yesNo),
  prDaemon: flag(),
  nodename: only('index', ulong).default(0n),
  fdset: only('index', uint).default(0),
  memPrealloc: flag(),
  blockjobs: child(element('blockjobs', { active: attr(yesNo), jobs: children(blockJob) })),
  agentTimeout: leaf(int).default(-2),
  originalMemlock: leaf(ulong),
  preMigrationMemlock: leaf(ulong),
}).named('QemuStatus')
