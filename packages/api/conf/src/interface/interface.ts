// SPDX-License-Identifier: LGPL-2.1-or-later
import { ErrorDomain } from '@virt/core'
import { type DocumentKind, documentKind } from '../runtime/document.js'
import type { HostInterfaceInput } from './inputs.gen.js'
import { hostInterface as root } from './schema.js'
import type { HostInterface } from './types.gen.js'

/** `<interface>`: a network interface of the host. */
export const hostInterface: DocumentKind<HostInterface, HostInterfaceInput> = documentKind<
  HostInterface,
  HostInterfaceInput
>({
  root,
  domain: ErrorDomain.INTERFACE,
})
