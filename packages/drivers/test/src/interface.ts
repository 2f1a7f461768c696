// SPDX-License-Identifier: LGPL-2.1-or-later
// Host interfaces, and sets of changes to them that can be taken back.
import { type HostInterface, hostInterface } from '@virt/conf'
import {
  type Answer,
  after,
  type Call,
  ErrorNumber,
  type InterfaceRef,
  permitted,
  type Resolvers,
  type SlotMethods,
  type SlotTable,
  visible,
} from '@virt/core'
import type { Recorded } from '@virt/stateful'
import { operationInvalid, testError } from './errors.js'
import type { TestState } from './state.js'

/** A host interface of a test instance; it has no UUID in libvirt, its name stands for one. */
export interface TestInterface extends InterfaceRef, Recorded {
  active: boolean
  document: HostInterface
}

/** What this driver says of its interface slots. */
export const interfaceSupport: SlotTable = {
  connectNumOfInterfaces: {},
  connectListInterfaces: {},
  connectNumOfDefinedInterfaces: {},
  connectListDefinedInterfaces: {},
  connectListAllInterfaces: { flags: 3, fn: 'testConnectListAllInterfaces' },
  interfaceLookupByName: {},
  interfaceLookupByMACString: {},
  interfaceGetXMLDesc: { flags: 0, fn: 'testInterfaceGetXMLDesc' },
  interfaceDefineXML: { flags: 1, fn: 'testInterfaceDefineXML' },
  interfaceUndefine: {},
  interfaceCreate: { flags: 0, fn: 'testInterfaceCreate' },
  interfaceDestroy: { flags: 0, fn: 'testInterfaceDestroy' },
  interfaceIsActive: {},
  interfaceChangeBegin: { flags: 0, fn: 'testInterfaceChangeBegin' },
  interfaceChangeCommit: { flags: 0, fn: 'testInterfaceChangeCommit' },
  interfaceChangeRollback: { flags: 0, fn: 'testInterfaceChangeRollback' },
}

const refOf = ({ name, mac }: InterfaceRef): InterfaceRef => ({ name, mac })

/** The interface slots of one test instance. */
export function interfaceSlots(state: TestState): SlotMethods & Resolvers {
  const { interfaces } = state
  const own = (ref: InterfaceRef): TestInterface => ref as TestInterface
  const listed = (call: Call, filter: (i: TestInterface) => boolean) =>
    visible(call, 'interface', 'getattr', interfaces.list(filter))
  const names = (call: Call, active: boolean) =>
    after(
      listed(call, (i) => i.active === active),
      (all) => all.map((i) => i.name),
    )
  const count = (call: Call, active: boolean) =>
    after(
      listed(call, (i) => i.active === active),
      (all) => all.length,
    )
  const found = (call: Call, iface: TestInterface): Answer<InterfaceRef> =>
    permitted(call, iface, 0, () => refOf(iface))
  const byName = (name: string): TestInterface => interfaces.byName(name) ?? missing(`name '${name}'`)
  const setActive = (iface: TestInterface, active: boolean): void => {
    if (iface.active === active) throw testError(ErrorNumber.OPERATION_INVALID)
    interfaces.change(iface, () => {
      iface.active = active
    })
  }
  return {
    resolveInterface: (ref) => byName(ref.name),
    connectNumOfInterfaces: (call) => count(call, true),
    connectNumOfDefinedInterfaces: (call) => count(call, false),
    connectListInterfaces: (call) => names(call, true),
    connectListDefinedInterfaces: (call) => names(call, false),
    connectListAllInterfaces: (call, flags) =>
      after(
        listed(call, (i) => (flags & 3) === 0 || (flags & (i.active ? 2 : 1)) !== 0),
        (all) => all.map(refOf),
      ),
    interfaceLookupByName: (call, name) => found(call, byName(name)),
    interfaceLookupByMACString(call, mac) {
      const all = interfaces.list((i) => i.mac !== '' && i.mac.toLowerCase() === mac.toLowerCase())
      if (all.length > 1) throw testError(ErrorNumber.MULTIPLE_INTERFACES)
      const iface = all[0] ?? missing(`mac '${mac}'`)
      return permitted(call, iface, 0, () => ({ name: iface.name, mac }))
    },
    interfaceGetXMLDesc: (_call, ref) => hostInterface.print(own(ref).document),
    interfaceDefineXML(call, xml, flags) {
      const document = hostInterface.parse(xml, { validate: (flags & 1) !== 0 })
      return permitted(call, { name: document.name, mac: document.mac ?? '' }, 0, () =>
        refOf(define(state, document, false)),
      )
    },
    interfaceUndefine: (_call, ref) => interfaces.remove(own(ref)),
    interfaceCreate: (_call, ref) => setActive(own(ref), true),
    interfaceDestroy: (_call, ref) => setActive(own(ref), false),
    interfaceIsActive: (_call, ref) => own(ref).active,
    interfaceChangeBegin() {
      if (state.interfaceBackup !== undefined) throw operationInvalid('there is another transaction running.')
      state.interfaceBackup = interfaces.list().map(({ document }) => document)
    },
    interfaceChangeCommit() {
      if (state.interfaceBackup === undefined)
        throw operationInvalid('no transaction running, nothing to be committed.')
      state.interfaceBackup = undefined
    },
    interfaceChangeRollback() {
      if (state.interfaceBackup === undefined) throw operationInvalid('no transaction running, nothing to rollback.')
      for (const iface of interfaces.list()) interfaces.remove(iface)
      // parity: what comes back is defined, not running.
      for (const document of state.interfaceBackup) define(state, document, false)
      state.interfaceBackup = undefined
    },
  }
}

function missing(what: string): never {
  throw testError(ErrorNumber.NO_INTERFACE, `no interface with matching ${what}`)
}

/** Defines an interface, or changes the definition of the one there is. */
function define(state: TestState, document: HostInterface, active: boolean): TestInterface {
  const name = document.name as string
  const mac = document.mac ?? ''
  const same = state.interfaces.byName(name)
  if (same !== undefined) {
    state.interfaces.change(same, () => {
      same.document = document
      same.mac = mac
    })
    return same
  }
  const iface: TestInterface = { name, uuid: name, mac, generation: 0, active, document }
  state.interfaces.add(iface)
  return iface
}

/** Takes an interface from a node file: running. */
export function loadInterface(state: TestState, xml: string): void {
  addInterface(state, hostInterface.parse(xml))
}

/** Adds an interface that exists from the start. */
export function addInterface(state: TestState, document: HostInterface): void {
  const iface = define(state, document, true)
  state.interfaces.change(iface, () => {
    iface.active = true
  })
}
