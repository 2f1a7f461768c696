// SPDX-License-Identifier: LGPL-2.1-or-later
import { ErrorDomain } from '@virt/core'
import { type DocumentKind, documentKind } from '../runtime/document.js'
import type { NwfilterBindingInput, NwfilterInput } from './inputs.gen.js'
import { nwfilterBinding as bindingRoot, nwfilter as root } from './schema.js'
import type { Nwfilter, NwfilterBinding } from './types.gen.js'

/** `<filter>`: what traffic of a guest may pass. */
export const nwfilter: DocumentKind<Nwfilter, NwfilterInput> = documentKind<Nwfilter, NwfilterInput>({
  root,
  grammar: 'nwfilter.rng',
  domain: ErrorDomain.NWFILTER,
  postParse: [
    {
      name: 'uuid',
      run(filter) {
        filter.uuid ??= crypto.randomUUID()
      },
    },
  ],
})

/** `<filterbinding>`: a filter in use by an interface of a guest. */
export const nwfilterBinding: DocumentKind<NwfilterBinding, NwfilterBindingInput> = documentKind<
  NwfilterBinding,
  NwfilterBindingInput
>({
  root: bindingRoot,
  grammar: 'nwfilterbinding.rng',
  domain: ErrorDomain.NWFILTER,
})
