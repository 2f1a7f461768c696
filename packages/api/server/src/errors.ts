// SPDX-License-Identifier: LGPL-2.1-or-later
// Errors of the dispatcher itself, in libvirt's words.
import { ErrorDomain, ErrorNumber, type Family, VirtError, virtError } from '@virt/core'

/** An error of the RPC layer: code 39, the whole text as its detail. */
export function rpcError(text: string): VirtError {
  return new VirtError(text, { number: ErrorNumber.RPC, domain: ErrorDomain.RPC, str1: '%s', str2: text })
}

export const internalError = (detail: string): VirtError =>
  virtError(ErrorNumber.INTERNAL_ERROR, ErrorDomain.RPC, detail)

const kinds: Record<Family, string> = {
  hypervisor: 'hypervisor',
  network: 'network',
  storage: 'storage',
  nodeDevice: 'node device',
  nwfilter: 'nwfilter',
  secret: 'secret',
  interface: 'interface',
}

/** A call that needs a connection, before there is one. */
export const notOpen = (family: Family): VirtError => internalError(`${kinds[family]} connection not open`)
