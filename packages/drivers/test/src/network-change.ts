// SPDX-License-Identifier: LGPL-2.1-or-later
// Changes to parts of a network's documents: sections and metadata, live, in the definition, or both.
import {
  type Network,
  type NetworkSection,
  type NetworkUpdateCommand,
  networkSections,
  updateNetwork,
} from '@virt/conf'
import { ErrorDomain, ErrorNumber, type SlotMethods, virtError } from '@virt/core'
import type { Change } from '@virt/stateful'
import { checkNoteType, networkNotes, noteOf, withNote } from '@virt/stateful'
import { causeUnknown } from './errors.js'
import type { TestNetwork } from './network.js'
import type { TestState } from './state.js'

const Impact = { live: 1, config: 2 } as const
const shared = (number: number, detail?: string): Error => virtError(number, ErrorDomain.NETWORK, detail)

/** What flags mean for this network; none means what it is now. @throws VirtError when it cannot be */
function impactOf(net: TestNetwork, flags: number): { live: boolean; config: boolean } {
  const bits = (flags & 3) === 0 ? (net.active ? Impact.live : Impact.config) : flags & 3
  if ((bits & Impact.live) !== 0 && !net.active) throw shared(ErrorNumber.OPERATION_INVALID, 'network is not running')
  if ((bits & Impact.config) !== 0 && !net.persistent)
    throw shared(ErrorNumber.OPERATION_INVALID, "can't update persistent config of transient network")
  return { live: (bits & Impact.live) !== 0, config: (bits & Impact.config) !== 0 }
}

type Told = (change: Change) => void

/** parity: libvirt's driver knows no lasting metadata of a network that runs as it was defined, and takes what is said of it. */
function nothingKept(net: TestNetwork, flags: number): boolean {
  return net.active && net.persistent && net.config === undefined && (flags & 3) === Impact.config
}

/** Changes the documents that the flags name; nothing is changed when one of them refuses. */
function apply(
  state: TestState,
  net: TestNetwork,
  flags: number,
  change: (document: Network) => Network,
  told: Told,
): void {
  const { live, config } = impactOf(net, flags)
  const both = net.config === undefined
  const nextLive = live || (config && both) ? change(net.live) : net.live
  const nextConfig = config && !both ? change(net.config as Network) : net.config
  // A definition that only one of the two is to change from parts from it now.
  const parts = both && net.active && live !== config
  state.networks.change(net, (c) => {
    if (parts) {
      net.config = config ? nextLive : net.live
      net.live = live ? nextLive : net.live
    } else {
      net.live = nextLive
      net.config = nextConfig
    }
    told(c)
  })
}

const commands: readonly (NetworkUpdateCommand | undefined)[] = [undefined, 'modify', 'delete', 'add-last', 'add-first']

export function networkChangeSlots(state: TestState): SlotMethods {
  const { networks } = state
  return {
    networkUpdate(_call, ref, command, section, parentIndex, xml, flags) {
      const net = ref as TestNetwork
      const name: NetworkSection | undefined = networkSections[section - 1]
      const verb = commands[command] ?? 'add-last'
      if (!net.persistent && (flags & Impact.config) !== 0)
        throw shared(ErrorNumber.OPERATION_INVALID, 'cannot change persistent config of a transient network')
      const change = (document: Network): Network => {
        if (name === undefined)
          throw shared(ErrorNumber.OPERATION_UNSUPPORTED, "can't update unrecognized section of network")
        return updateNetwork(document, verb, name, parentIndex, xml)
      }
      apply(state, net, flags, change, () => {})
    },
    networkSetMetadata(_call, ref, type, metadata, key, uri, flags) {
      const net = ref as TestNetwork
      const told: Told = (c) =>
        c.emit('network', 'metadataChange', { net: { name: net.name, uuid: net.uuid }, type, nsuri: uri })
      const change = (document: Network): Network => withNote(networkNotes, document, type, metadata, key, uri)
      const { live, config } = impactOf(net, flags)
      const nextLive = live || !net.active ? change(net.live) : net.live
      // parity: a definition that nobody has changed while the network ran has no metadata of its own, and what is said of it is taken.
      const nextConfig = config && net.config !== undefined ? change(net.config) : net.config
      networks.change(net, (c) => {
        net.live = nextLive
        net.config = nextConfig
        told(c)
      })
    },
    networkGetMetadata(_call, ref, type, uri, flags) {
      const net = ref as TestNetwork
      checkNoteType(networkNotes, type)
      const { config } = impactOf(net, flags)
      if (nothingKept(net, flags)) throw causeUnknown()
      return noteOf(networkNotes, config ? (net.config ?? net.live) : net.live, type, uri)
    },
  }
}
