// SPDX-License-Identifier: LGPL-2.1-or-later
import { ErrorDomain } from '@virt/core'
import { type DocumentKind, documentKind } from '../runtime/document.js'
import type { DomainBackupInput } from './inputs.gen.js'
import { domainBackup as root } from './schema.js'
import type { DomainBackup } from './types.gen.js'

/** `<domainbackup>`; mode `internal` is the form a driver keeps for itself. */
export const domainBackup: DocumentKind<DomainBackup, DomainBackupInput> = documentKind<
  DomainBackup,
  DomainBackupInput
>({
  root,
  domain: ErrorDomain.DOMAIN,
})
