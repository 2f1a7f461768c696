// SPDX-License-Identifier: LGPL-2.1-or-later
import { ErrorDomain } from '@virt/core'
import { type DocumentKind, documentKind } from '../runtime/document.js'
import type { SecretInput } from './inputs.gen.js'
import { secret as root } from './schema.js'
import type { Secret } from './types.gen.js'

/** `<secret>`: a secret's definition, without its value. */
export const secret: DocumentKind<Secret, SecretInput> = documentKind<Secret, SecretInput>({
  root,
  domain: ErrorDomain.SECRET,
  postParse: [
    {
      name: 'uuid',
      run: (document) => {
        document.uuid ??= crypto.randomUUID()
      },
    },
  ],
})
