// SPDX-License-Identifier: LGPL-2.1-or-later
import { ErrorDomain } from '@virt/core'
import { type DocumentKind, documentKind } from '../runtime/document.js'
import { hostInterface as root } from './schema.js'
import type { HostInterface } from './types.gen.js'

/** `<interface>`: a network interface of the host. */
export const hostInterface: DocumentKind<HostInterface> = documentKind<HostInterface>({
  root,
  domain: ErrorDomain.INTERFACE,
})
