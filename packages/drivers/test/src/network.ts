// SPDX-License-Identifier: LGPL-2.1-or-later
// Networks.
import { type Network, network as networkDocument } from '@virt/conf'
import {
  type Answer,
  after,
  type Call,
  ErrorDomain,
  ErrorNumber,
  type NetworkRef,
  permitted,
  type Resolvers,
  type SlotMethods,
  type SlotTable,
  virtError,
  visible,
} from '@virt/core'
import type { Recorded } from '@virt/stateful'
import { internalError, operationInvalid, testError } from './errors.js'
import { networkChangeSlots } from './network-change.js'
import type { TestState } from './state.js'

/** A network of a test instance. */
export interface TestNetwork extends NetworkRef, Recorded {
  active: boolean
  persistent: boolean
  autostart: boolean
  /** What runs, or what would be started. */
  live: Network
  /** The definition, where it differs from what runs. */
  config: Network | undefined
}

const impact = 3
const filters = 63

/** What this driver says of its network slots. */
export const networkSupport: SlotTable = {
  connectNumOfNetworks: {},
  connectListNetworks: {},
  connectNumOfDefinedNetworks: {},
  connectListDefinedNetworks: {},
  connectListAllNetworks: { flags: filters, fn: 'testConnectListAllNetworks' },
  networkLookupByUUID: {},
  networkLookupByName: {},
  networkCreateXML: {},
  networkCreateXMLFlags: { flags: 1, fn: 'testNetworkCreateXMLFlags' },
  networkDefineXML: {},
  networkDefineXMLFlags: { flags: 1, fn: 'testNetworkDefineXMLFlags' },
  networkUndefine: {},
  networkCreate: {},
  networkDestroy: {},
  networkGetXMLDesc: { flags: 0, fn: 'testNetworkGetXMLDesc' },
  networkGetBridgeName: {},
  networkGetAutostart: {},
  networkSetAutostart: {},
  networkIsActive: {},
  networkIsPersistent: {},
  networkUpdate: { flags: impact, fn: 'testNetworkUpdate' },
  networkSetMetadata: { flags: impact, fn: 'testNetworkSetMetadata' },
  networkGetMetadata: { flags: impact, fn: 'testNetworkGetMetadata' },
}

/** Slots that look for the network by its UUID; the others take the one that has its name now. */
const byUuid: ReadonlySet<string> = new Set([
  'networkIsActive',
  'networkIsPersistent',
  'networkUpdate',
  'networkSetMetadata',
  'networkGetMetadata',
])

const refOf = ({ name, uuid }: NetworkRef): NetworkRef => ({ name, uuid })
/** An error of the network code that all drivers of libvirt share. */
const shared = (number: number, detail?: string): Error => virtError(number, ErrorDomain.NETWORK, detail)
const Lifecycle = { defined: 0, undefined: 1, started: 2, stopped: 3 } as const

/** The network slots of one test instance. */
export function networkSlots(state: TestState): SlotMethods & Resolvers {
  const { networks } = state
  const own = (ref: NetworkRef): TestNetwork => ref as TestNetwork
  const listed = (call: Call, filter: (n: TestNetwork) => boolean) =>
    visible(call, 'network', 'getattr', networks.list(filter))
  const names = (call: Call, active: boolean) =>
    after(
      listed(call, (n) => n.active === active),
      (all) => all.map((n) => n.name),
    )
  const count = (call: Call, active: boolean) =>
    after(
      listed(call, (n) => n.active === active),
      (all) => all.length,
    )
  const define = (call: Call, xml: string, flags: number): Answer<NetworkRef> => {
    const document = networkDocument.parse(xml, { inactive: true, validate: (flags & 1) !== 0 })
    return permitted(call, document, 0, () => refOf(defineNetwork(state, document)))
  }
  const create = (call: Call, xml: string, flags: number): Answer<NetworkRef> => {
    const document = networkDocument.parse(xml, { inactive: true, validate: (flags & 1) !== 0 })
    return permitted(call, document, 0, () => refOf(startTransient(state, document)))
  }
  return {
    resolveNetwork: ({ name, uuid }, { slot }) =>
      byUuid.has(slot?.name ?? '')
        ? (networks.byUuid(uuid) ?? missing(`uuid '${uuid}'`))
        : (networks.byName(name) ?? missing(`name '${name}'`)),
    connectNumOfNetworks: (call) => count(call, true),
    connectNumOfDefinedNetworks: (call) => count(call, false),
    connectListNetworks: (call) => names(call, true),
    connectListDefinedNetworks: (call) => names(call, false),
    connectListAllNetworks: (call, flags) => after(listed(call, passes(flags)), (all) => all.map(refOf)),
    networkLookupByUUID: (call, uuid) => found(call, networks.byUuid(uuid) ?? missing(`uuid '${uuid}'`)),
    networkLookupByName: (call, name) => found(call, networks.byName(name) ?? missing(`name '${name}'`)),
    networkDefineXML: (call, xml) => define(call, xml, 0),
    networkDefineXMLFlags: define,
    networkCreateXML: (call, xml) => create(call, xml, 0),
    networkCreateXMLFlags: create,
    networkUndefine(_call, ref) {
      const net = own(ref)
      if (net.active) throw operationInvalid(`Network '${net.name}' is still running`)
      networks.remove(net, (c) =>
        c.emit('network', 'lifecycle', { net: refOf(net), event: Lifecycle.undefined, detail: 0 }),
      )
    },
    networkCreate(_call, ref) {
      const net = own(ref)
      if (net.active) throw operationInvalid(`Network '${net.name}' is already running`)
      networks.change(net, (c) => {
        net.active = true
        c.emit('network', 'lifecycle', { net: refOf(net), event: Lifecycle.started, detail: 0 })
      })
    },
    networkDestroy(_call, ref) {
      const net = own(ref)
      networks.change(net, (c) => {
        net.active = false
        // What was to come with the next start is what it is now.
        net.live = net.config ?? net.live
        net.config = undefined
        c.emit('network', 'lifecycle', { net: refOf(net), event: Lifecycle.stopped, detail: 0 })
      })
      if (!net.persistent) networks.remove(net)
    },
    networkGetXMLDesc: (_call, ref) => networkDocument.print(own(ref).live),
    networkGetBridgeName(_call, ref) {
      const name = own(ref).live.bridge?.name
      if (name === undefined) throw internalError(`network '${ref.name}' does not have a bridge name.`)
      return name
    },
    networkGetAutostart: (_call, ref) => own(ref).autostart,
    networkSetAutostart(_call, ref, autostart) {
      const net = own(ref)
      networks.change(net, () => {
        net.autostart = autostart
      })
    },
    networkIsActive: (_call, ref) => own(ref).active,
    networkIsPersistent: (_call, ref) => own(ref).persistent,
    ...networkChangeSlots(state),
  }
}

function missing(what: string): never {
  throw testError(ErrorNumber.NO_NETWORK, `no network with matching ${what}`)
}

function found(call: Call, net: TestNetwork): Answer<NetworkRef> {
  return permitted(call, net, 0, () => refOf(net))
}

/** `virConnectListAllNetworksFlags`: of each pair of bits, none or both let everything through. */
function passes(flags: number): (net: TestNetwork) => boolean {
  const pair = (yes: number, no: number, holds: (net: TestNetwork) => boolean) => (net: TestNetwork) =>
    (flags & (yes | no)) === 0 || (flags & (holds(net) ? yes : no)) !== 0
  const tests = [pair(2, 1, (n) => n.active), pair(4, 8, (n) => n.persistent), pair(16, 32, (n) => n.autostart)]
  return (net) => tests.every((test) => test(net))
}

/** The network that a document speaks of, if there is one. @throws VirtError when name and UUID speak of two */
function existing(state: TestState, document: Network, active: boolean): TestNetwork | undefined {
  const uuid = document.uuid as string
  const same = state.networks.byUuid(uuid)
  if (same !== undefined) {
    if (same.name !== document.name)
      throw shared(ErrorNumber.OPERATION_FAILED, `network '${same.name}' is already defined with uuid ${uuid}`)
    if (active && same.active)
      throw shared(ErrorNumber.OPERATION_INVALID, `network is already active as '${same.name}'`)
    return same
  }
  const other = state.networks.byName(document.name)
  if (other !== undefined)
    throw shared(ErrorNumber.OPERATION_FAILED, `network '${document.name}' already exists with uuid ${other.uuid}`)
  return undefined
}

function recordOf(document: Network, facts: { active: boolean; persistent: boolean }): TestNetwork {
  return {
    name: document.name,
    uuid: document.uuid as string,
    generation: 0,
    autostart: false,
    live: document,
    config: undefined,
    ...facts,
  }
}

/** Defines a network, or changes the definition of the one there is. */
function defineNetwork(state: TestState, document: Network): TestNetwork {
  const net = existing(state, document, false)
  const told = (record: TestNetwork) => ({ net: refOf(record), event: Lifecycle.defined, detail: 0 })
  if (net === undefined) {
    const record = recordOf(document, { active: false, persistent: true })
    state.networks.add(record, (c) => c.emit('network', 'lifecycle', told(record)))
    return record
  }
  state.networks.change(net, (c) => {
    if (net.active) net.config = document
    else net.live = document
    net.persistent = true
    c.emit('network', 'lifecycle', told(net))
  })
  return net
}

/** Starts a network that is gone when it stops, unless it was defined before. */
function startTransient(state: TestState, document: Network): TestNetwork {
  const net = existing(state, document, true)
  const told = (record: TestNetwork) => ({ net: refOf(record), event: Lifecycle.started, detail: 0 })
  if (net === undefined) {
    const record = recordOf(document, { active: true, persistent: false })
    state.networks.add(record, (c) => c.emit('network', 'lifecycle', told(record)))
    return record
  }
  state.networks.change(net, (c) => {
    net.config = net.live
    net.live = document
    net.active = true
    c.emit('network', 'lifecycle', told(net))
  })
  return net
}

/** Takes a network from a node file: defined, persistent and running. */
export function loadNetwork(state: TestState, xml: string): void {
  const document = networkDocument.parse(xml, { inactive: true })
  existing(state, document, false)
  addNetwork(state, document)
}

/** Adds a network that exists from the start. */
export function addNetwork(state: TestState, document: Network): void {
  state.networks.add(recordOf(document, { active: true, persistent: true }))
}
