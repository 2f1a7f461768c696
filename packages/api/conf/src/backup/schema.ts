// SPDX-License-Identifier: LGPL-2.1-or-later
// <domainbackup>: which disks to copy where, and what a client may fetch meanwhile.
import { ErrorNumber } from '@virt/core'
import { deviceSeclabel } from '../domain/schema/device.js'
import {
  storageEncryption,
  storageEncryptionSecret,
  storageFormat,
  storageSource,
  storageType,
} from '../domain/schema/storage.js'
import {
  attr,
  by,
  child,
  children,
  type Element,
  element,
  type Field,
  type Fields,
  leaf,
  only,
  type StrictRule,
  tag,
  tagOf,
  wrapped,
} from '../lang/field.js'
import { absolutePath, form } from '../lang/forms.js'
import { narrow, oneOf, text, uint, type Value, yesNo } from '../lang/value.js'
import type { ReadContext } from '../runtime/context.js'
import { all, needs, only as onlyOf } from '../strict/needs.js'
import type { BackupPullDisk, BackupPushDisk, BackupServer, DomainBackup } from './types.gen.js'

export const backupMode: Value = oneOf('push', 'pull')

/** Images a backup can be written to. */
const imageType = narrow(storageType, (type: string) => type === 'file' || type === 'block')

const isBackedUp = (disk: BackupPushDisk | BackupPullDisk): boolean => disk.backup

/** Where a backup of a disk goes, as strict checking takes it. */
const strictStore = element('store', {
  type: tag(imageType),
  file: attr(absolutePath).where('type', 'file').must(),
  dev: attr(absolutePath).where('type', 'block').must(),
  seclabels: children(deviceSeclabel),
  encryption: child(
    element('encryption', {
      format: attr(oneOf('luks')).must(),
      engine: attr(oneOf('qemu')),
      secret: child(storageEncryptionSecret).must(),
      cipher: storageEncryption.fields.cipher as Field,
      ivgen: storageEncryption.fields.ivgen as Field,
    }).strict(({ children: parts }) =>
      parts.has('cipher') === parts.has('ivgen') ? undefined : 'cipher and ivgen need each other',
    ),
  ),
})

/** A disk that is left out has nothing else; one without a type says no more than that it is backed up. */
function diskRule(store: string): StrictRule {
  return ({ attributes, children: parts }) => {
    const isPull = store === 'scratch'
    const type = attributes.get('type')
    if (attributes.get('backup') === 'no' && (type !== undefined || parts.size > 0)) return 'it is not backed up'
    if (attributes.get('backupmode') === 'full' && attributes.has('incremental'))
      return 'a full backup is not incremental'
    if (type === undefined && parts.size > 0 && !isPull) return 'its type is missing'
    if (type === undefined && attributes.has('backup') && attributes.get('backup') !== 'no' && isPull)
      return 'its type is missing'
    if (isPull && (parts.size > 0 || type === 'block') && !parts.has('scratch')) return 'scratch is missing'
    return undefined
  }
}

const export_: Fields = { exportname: attr(text).if(isBackedUp), exportbitmap: attr(text).if(isBackedUp) }

function disk(store: string, extra: Fields): Element {
  const shown = (field: Field): Field => field.if(isBackedUp)
  return element('disk', {
    name: attr(form(text, /(ioemu:)?(fd|hd|sd|vd|xvd|ubd)[a-zA-Z0-9_]+/)).required(),
    backup: attr(yesNo).default(true),
    state: attr(oneOf('running', 'complete', 'failed', 'cancelling', 'cancelled')).when('internal'),
    type: shown(
      tagOf('store', 'type', imageType, storageSource)
        .default('file')
        .bad({ number: ErrorNumber.CONFIG_UNSUPPORTED, message: "unknown disk backup type '%s'" }),
    ),
    backupmode: shown(attr(oneOf('full', 'incremental'))),
    incremental: shown(attr(text)),
    ...extra,
    driver: shown(
      child(
        element('driver', {
          type: attr(narrow(storageFormat, (format: string) => format !== 'none'))
            .must()
            .bad({
              number: ErrorNumber.CONFIG_UNSUPPORTED,
              message: "unknown disk backup driver '%s'",
            }),
        }),
      ),
    ),
    store: shown(child(storageSource).as(store)).strictly(strictStore),
  }).strict(diskRule(store))
}

export const backupPushDisk: Element = disk('target', {})
export const backupPullDisk: Element = disk('scratch', export_)

export const backupServer: Element = element('server', {
  transport: attr(oneOf('tcp', 'unix', 'rdma', 'fd')).default('tcp'),
  tls: attr(yesNo),
  name: attr(form(text, /[a-zA-Z0-9.:-]+/)),
  port: attr(uint),
  socket: attr(absolutePath),
  fdgroup: attr(text),
})
  .strict(
    all(
      needs('transport', { '': ['name'], tcp: ['name'], unix: ['socket'], fd: ['fdgroup'], rdma: ['transport rdma'] }),
      onlyOf('transport', ['name', 'port', 'socket', 'fdgroup'], {
        '': ['name', 'port'],
        tcp: ['name', 'port'],
        unix: ['socket'],
        fd: ['fdgroup'],
      }),
    ),
  )
  .finish((server: BackupServer, context: ReadContext) => {
    const { transport, socket } = server
    if (transport === 'rdma')
      context.fail('transport rdma is not supported for <server>', ErrorNumber.CONFIG_UNSUPPORTED)
    if (transport === 'unix' && socket?.startsWith('/') !== true)
      context.fail(`backup socket path '${socket ?? ''}' must be absolute`)
  })

export const domainBackup: Element = element('domainbackup', {
  mode: attr(backupMode).default('push'),
  incremental: leaf(text),
  server: child(backupServer),
  disks: by('mode', {
    push: wrapped('disks', backupPushDisk).filled(),
    pull: wrapped('disks', backupPullDisk).filled(),
  }),
  privateData: child(
    element('privateData', {
      objects: child(
        element('objects', {
          secret: child(element('secret', { type: attr(oneOf('tlskey')).default('tlskey'), alias: attr(text) })),
          tls: only('alias', text).as('TLSx509'),
        }),
      ),
    }),
  ).when('internal'),
})
  .strict(needs('mode', { pull: ['server'] }))
  .finish((backup: DomainBackup, context: ReadContext) => {
    if (backup.server && backup.mode !== 'pull')
      context.fail('use of <server> requires pull mode backup', ErrorNumber.CONFIG_UNSUPPORTED)
  })
