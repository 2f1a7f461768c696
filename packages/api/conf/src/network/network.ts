// SPDX-License-Identifier: LGPL-2.1-or-later
import { ErrorDomain } from '@virt/core'
import type { Namespace } from '../runtime/context.js'
import { type DocumentKind, documentKind } from '../runtime/document.js'
import type { NetworkInput } from './inputs.gen.js'
import { defaults } from './post-parse.js'
import { dnsmasqOptions, network as root } from './schema.js'
import type { Network } from './types.gen.js'
import { checks } from './validate.js'

/** Elements of the dnsmasq namespace; the network driver takes them. */
export const dnsmasqNamespace: Namespace = {
  prefix: 'dnsmasq',
  uri: 'http://libvirt.org/schemas/network/dnsmasq/1.0',
  element: dnsmasqOptions,
}

/** `<network>`: a virtual network. */
export const network: DocumentKind<Network, NetworkInput> = documentKind<Network, NetworkInput>({
  root,
  namespaces: [dnsmasqNamespace],
  domain: ErrorDomain.NETWORK,
  postParse: defaults,
  validate: checks,
})
