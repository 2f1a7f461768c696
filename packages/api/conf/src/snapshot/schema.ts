// SPDX-License-Identifier: LGPL-2.1-or-later
// <domainsnapshot>: what a guest was at a moment, and where its disks went on from there.
import { ErrorNumber } from '@virt/core'
import { sourcePath } from '../domain/disk-source.js'
import { domain } from '../domain/schema/domain.js'
import { storageFormat, storageMetadataCache, storageSource, storageType } from '../domain/schema/storage.js'
import {
  attr,
  child,
  custom,
  type Element,
  element,
  extension,
  type Field,
  flag,
  leaf,
  tagOf,
  wrapped,
} from '../lang/field.js'
import { absolutePath, diskName, except, form } from '../lang/forms.js'
import { int, long, narrow, oneOf, text, uuid, type Value } from '../lang/value.js'
import type { PrintContext, ReadContext } from '../runtime/context.js'
import type { DomainSnapshot, SnapshotDisk, SnapshotMemory } from './types.gen.js'

/** Where the state of a disk or of the memory is kept. */
export const snapshotLocation: Value = oneOf('no', 'internal', 'external', 'manual')
export const snapshotState: Value = oneOf(
  'running',
  'blocked',
  'paused',
  'shutdown',
  'shutoff',
  'crashed',
  'pmsuspended',
  'disk-snapshot',
)

/** A guest of which only its UUID is known, as strict checking takes it. */
export const namedGuest: Element = element('domain', { uuid: leaf(uuid).must() })

/** `<name>` inside `<parent>`. */
export const momentParent: Element = element('parent', { name: leaf(text).must() })

/** Whether a disk says which image it is about. */
export function hasImage(disk: SnapshotDisk): boolean {
  const { source } = disk
  return sourcePath(source) !== undefined || (disk.driver?.type !== undefined && disk.driver.type !== 'none')
}

export const snapshotDisk: Element = element('disk', {
  name: attr(diskName).required({
    number: ErrorNumber.INTERNAL_ERROR,
    message: 'missing name from disk snapshot element',
  }),
  snapshot: attr(snapshotLocation),
  type: tagOf(
    'source',
    'type',
    narrow(storageType, (type: string) => type !== 'none' && type !== 'dir' && type !== 'volume'),
    storageSource,
  )
    .default('file')
    .if(hasImage),
  snapshotDeleteInProgress: flag(),
  driver: child(
    element('driver', {
      type: attr(
        form(
          narrow(storageFormat, (format: string) => format !== 'none'),
          /\s*(cow|qcow2?|qed|vmdk)\s*/,
        ),
      ).bad({
        number: ErrorNumber.CONFIG_UNSUPPORTED,
        message: "unknown disk snapshot driver '%s'",
      }),
      metadata_cache: child(storageMetadataCache),
    }),
  ).if(hasImage),
  source: child(storageSource).if(hasImage),
}).finish((disk: SnapshotDisk, context: ReadContext) => {
  const { type } = disk.source
  const path = sourcePath(disk.source)
  if (path !== undefined && (type === 'file' || type === 'block') && !path.startsWith('/'))
    context.fail(`disk snapshot image path '${path}' must be absolute`)
  if (disk.snapshot === undefined && hasImage(disk)) disk.snapshot = 'external'
})

export const snapshotMemory: Element = element('memory', {
  snapshot: attr(except(snapshotLocation, 'manual')),
  file: attr(absolutePath),
})
  .strict(({ attributes }) =>
    attributes.has('file') === ['external', undefined].includes(attributes.get('snapshot'))
      ? undefined
      : 'a file belongs to external memory',
  )
  .finish((memory: SnapshotMemory) => {
    if (memory.file !== undefined) memory.snapshot ??= 'external'
  })

/** Memory is kept in a file, or it is not: what fits together. */
function checkMemory({ snapshot, file }: SnapshotMemory, context: ReadContext): void {
  if (file !== undefined && snapshot !== 'external')
    context.fail(`memory filename '${file}' requires external snapshot`)
  if (file === undefined && snapshot === 'external') context.fail('external memory snapshots require a filename')
}

/** Without a definition there is at least the UUID of the guest, if who prints knows it. */
const guestUuid: Field = custom({
  ts: 'string',
  print: (uuid: string | undefined, _context: PrintContext, indent: string, snapshot: DomainSnapshot) =>
    uuid === undefined || snapshot.domain !== undefined
      ? ''
      : `${indent}<domain>\n${indent}  <uuid>${uuid}</uuid>\n${indent}</domain>\n`,
})

const noCreationTime = { number: ErrorNumber.INTERNAL_ERROR, message: 'missing creationTime from existing snapshot' }

export const domainSnapshot: Element = element('domainsnapshot', {
  name: leaf(text),
  description: leaf(text),
  state: leaf(except(snapshotState, 'pmsuspended'))
    .readWhen('redefine')
    .bad({ number: ErrorNumber.CONFIG_UNSUPPORTED, message: "Invalid state '%s' in domain snapshot XML" }),
  parent: child(momentParent).readWhen('redefine'),
  creationTime: leaf({ ...long, strict: () => true })
    .readWhen('redefine')
    .bad(noCreationTime),
  memory: child(snapshotMemory),
  disks: wrapped('disks', snapshotDisk),
  revertDisks: wrapped('revertDisks', snapshotDisk).when('internal'),
  domain: child(domain).having('type', namedGuest).readWhen('redefine'),
  domainUuid: guestUuid.doc('UUID of the guest, printed when there is no `domain`; never read'),
  inactiveDomain: child(domain).as('inactiveDomain').having('type').readWhen('redefine'),
  cookie: extension('saveCookie').readWhen('redefine'),
  active: leaf(form(int, /\s*[01]\s*/))
    .may()
    .when('internal')
    .required({ number: ErrorNumber.INTERNAL_ERROR, message: "Could not find 'active' element" }),
})
  .keepOpen()
  .finish((snapshot: DomainSnapshot, context: ReadContext) => {
    const offline = snapshot.state === 'shutoff' || snapshot.state === 'disk-snapshot'
    if (context.has('redefine')) {
      if (snapshot.name === undefined) context.fail('a redefined snapshot must have a name')
      if (snapshot.creationTime === undefined) context.fail(noCreationTime.message, noCreationTime.number)
      if (snapshot.state === undefined) context.fail('missing state from existing snapshot')
      if (snapshot.memory?.snapshot === undefined) snapshot.memory = { snapshot: offline ? 'no' : 'internal' }
    }
    const { memory } = snapshot
    if (memory) checkMemory(memory, context)
    if (offline && memory?.snapshot !== undefined && memory.snapshot !== 'no')
      context.fail('memory state cannot be saved with offline or disk-only snapshot')
    if (memory?.file !== undefined && !memory.file.startsWith('/'))
      context.fail(`memory snapshot file path (${memory.file}) must be absolute`)
  })
