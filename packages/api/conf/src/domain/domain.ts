// SPDX-License-Identifier: LGPL-2.1-or-later
import { ErrorDomain } from '@virt/core'
import { type DocumentKind, documentKind } from '../runtime/document.js'
import { domain as root } from './schema/domain.js'
import type { Domain } from './types.gen.js'

/** `<domain>`: a guest. */
export const domain: DocumentKind<Domain> = documentKind<Domain>({
  root,
  label: 'domain_definition',
  domain: ErrorDomain.DOMAIN,
})
