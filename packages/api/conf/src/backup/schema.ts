// SPDX-License-Identifier: LGPL-2.1-or-later
// <domainbackup>: which disks to copy where, and what a client may fetch meanwhile.
import { ErrorNumber } from '@virt/core'
import { storageFormat, storageSource, storageType } from '../domain/schema/storage.js'
import {
  attr,
  by,
  child,
  type Element,
  element,
  type Field,
  type Fields,
  leaf,
  only,
  tagOf,
  wrapped,
} from '../lang/field.js'
import { absolutePath, form } from '../lang/forms.js'
import { narrow, oneOf, text, uint, type Value, yesNo } from '../lang/value.js'
import type { ReadContext } from '../runtime/context.js'
import { needs } from '../strict/needs.js'
import type { BackupPullDisk, BackupPushDisk, BackupServer, DomainBackup } from './types.gen.js'

export const backupMode: Value = oneOf('push', 'pull')

/** Images a backup can be written to. */
const imageType = narrow(storageType, (type: string) => type === 'file' || type === 'block')

const isBackedUp = (disk: BackupPushDisk | BackupPullDisk): boolean => disk.backup

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
    store: shown(child(storageSource).as(store)),
  })
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
  .strict(needs('transport', { unix: ['socket'], fd: ['fdgroup'], rdma: ['transport rdma'] }))
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
  disks: by('mode', { push: wrapped('disks', backupPushDisk), pull: wrapped('disks', backupPullDisk) }),
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
}).finish((backup: DomainBackup, context: ReadContext) => {
  if (backup.server && backup.mode !== 'pull')
    context.fail('use of <server> requires pull mode backup', ErrorNumber.CONFIG_UNSUPPORTED)
})
