// SPDX-License-Identifier: LGPL-2.1-or-later
import { ErrorDomain, ErrorNumber, virtError } from '@virt/core'
import { type DocumentKind, documentKind } from '../runtime/document.js'
import type { NetworkPortInput } from './inputs.gen.js'
import { networkPort as root } from './schema.js'
import type { NetworkPort } from './types.gen.js'

const fail = (message: string): never => {
  throw virtError(ErrorNumber.INTERNAL_ERROR, ErrorDomain.NETWORK, message)
}

/** `<networkport>`: the connection of one interface of a domain to a virtual network. */
export const networkPort: DocumentKind<NetworkPort, NetworkPortInput> = documentKind<NetworkPort, NetworkPortInput>({
  root,
  domain: ErrorDomain.NETWORK,
  postParse: [
    {
      name: 'uuid',
      run(port) {
        port.uuid ??= crypto.randomUUID()
      },
    },
  ],
  validate: [
    {
      name: 'owner',
      run(port) {
        if (port.owner === undefined) fail('network port has no owner name')
        if (port.mac === undefined) fail('network port has no mac')
      },
    },
  ],
})
