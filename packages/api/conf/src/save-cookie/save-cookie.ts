// SPDX-License-Identifier: LGPL-2.1-or-later
import { ErrorDomain } from '@virt/core'
import { type DocumentKind, documentKind } from '../runtime/document.js'
import type { SaveCookieInput } from './inputs.gen.js'
import { root } from './schema.js'
import type { SaveCookie } from './types.gen.js'

/** `<cookie>` of an image of a saved guest: what the one who restores it must know beyond the guest's document. */
export const saveCookie: DocumentKind<SaveCookie, SaveCookieInput> = documentKind<SaveCookie, SaveCookieInput>({
  root,
  domain: ErrorDomain.QEMU,
})
