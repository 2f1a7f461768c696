// SPDX-License-Identifier: LGPL-2.1-or-later
// Node devices: a computer and three SCSI host adapters, of which two can make virtual ports.
import { randomBytes } from 'node:crypto'
import { type NodeDevice, type NodeDeviceHostAbility, type NodeDeviceParent, nodeDevice } from '@virt/conf'
import {
  type Answer,
  after,
  type Call,
  ConnectListAllNodeDeviceFlags,
  ErrorDomain,
  ErrorNumber,
  listed,
  type NodeDeviceRef,
  permitted,
  type Resolvers,
  type SlotMethods,
  type SlotTable,
  type VirtError,
  virtError,
  visible,
} from '@virt/core'
import type { Recorded } from '@virt/stateful'
import { fibreChannelPort } from './default-documents.js'
import { testError } from './errors.js'
import type { TestState } from './state.js'

/** A device of the node; it has no UUID in libvirt, its name stands for one. */
export interface TestDevice extends NodeDeviceRef, Recorded {
  /** Devices that are there from the start are active and lasting; virtual ports that are made are neither. */
  readonly builtIn: boolean
  document: NodeDevice
}

const allFilters = Object.values(ConnectListAllNodeDeviceFlags).reduce((bits: number, bit) => (bits | bit) >>> 0, 0)

/** What this driver says of its node device slots. */
export const deviceSupport: SlotTable = {
  nodeNumOfDevices: { flags: 0, fn: 'testNodeNumOfDevices' },
  nodeListDevices: { flags: 0, fn: 'testNodeListDevices' },
  connectListAllNodeDevices: { flags: allFilters, fn: 'testConnectListAllNodeDevices' },
  nodeDeviceLookupByName: {},
  nodeDeviceGetXMLDesc: { flags: 1, fn: 'testNodeDeviceGetXMLDesc' },
  nodeDeviceGetParent: {},
  nodeDeviceNumOfCaps: {},
  nodeDeviceListCaps: {},
  nodeDeviceCreateXML: { flags: 1, fn: 'testNodeDeviceCreateXML' },
  nodeDeviceDestroy: {},
  nodeDeviceIsActive: {},
  nodeDeviceIsPersistent: {},
}

/** Capability names as lists and filters know them, by filter bit. */
const filterNames: readonly (readonly [string, number])[] = [
  'system',
  'pci',
  'usb_device',
  'usb',
  'net',
  'scsi_host',
  'scsi_target',
  'scsi',
  'storage',
  'fc_host',
  'vports',
  'scsi_generic',
  'drm',
  'mdev_types',
  'mdev',
  'ccw',
  'css',
  'vdpa',
  'ap_card',
  'ap_queue',
  'ap_matrix',
  'vpd',
].map((name, bit) => [name, (1 << bit) >>> 0])

const refOf = ({ name }: NodeDeviceRef): NodeDeviceRef => ({ name })
const failure = (detail: string): VirtError => virtError(ErrorNumber.INTERNAL_ERROR, ErrorDomain.NODEDEV, detail)

/** Everything a device can be listed under. */
function capabilitiesOf({ document }: TestDevice): string[] {
  return document.capabilities.flatMap((c) => [
    c.type,
    ...(c.capabilities ?? []).flatMap(({ type }) => (type === 'vport_ops' ? ['vports'] : (type ?? []))),
  ])
}

/** The node device slots of one test instance. */
export function deviceSlots(state: TestState): SlotMethods & Resolvers {
  const { devices } = state
  const own = (ref: NodeDeviceRef): TestDevice => ref as TestDevice
  const byName = (name: string): TestDevice => {
    const device = devices.byName(name)
    if (device === undefined) throw testError(ErrorNumber.NO_NODE_DEVICE, `no node device with matching name '${name}'`)
    return device
  }
  const having = (call: Call, capability: string | undefined): Answer<readonly TestDevice[]> =>
    visible(
      call,
      'node_device',
      'getattr',
      devices.list((d) => capability === undefined || capabilitiesOf(d).includes(capability)),
    )
  return {
    resolveNodeDevice: (ref) => byName(ref.name),
    nodeNumOfDevices: (call, capability) => after(having(call, capability), (all) => all.length),
    nodeListDevices: (call, capability) => after(having(call, capability), (all) => all.map((d) => d.name)),
    connectListAllNodeDevices: (call, flags) =>
      listed(call, 'node_device', devices.list(passes(flags)), (all) => all.map(refOf)),
    nodeDeviceLookupByName(call, name) {
      const device = byName(name)
      return permitted(call, device, 0, () => refOf(device))
    },
    nodeDeviceGetXMLDesc: (_call, ref) => nodeDevice.print(own(ref).document),
    nodeDeviceGetParent: (_call, ref) => own(ref).document.parent?.name,
    nodeDeviceNumOfCaps: (_call, ref) => own(ref).document.capabilities.length,
    nodeDeviceListCaps: (_call, ref) => own(ref).document.capabilities.map((c) => c.type),
    nodeDeviceIsActive: (_call, ref) => own(ref).builtIn,
    nodeDeviceIsPersistent: (_call, ref) => own(ref).builtIn,
    nodeDeviceCreateXML(call, xml, flags) {
      const document = nodeDevice.parse(xml, { create: true, validate: (flags & 1) !== 0 })
      return permitted(call, { name: document.name as string }, 0, () => refOf(createPort(state, document)))
    },
    nodeDeviceDestroy(_call, ref) {
      const device = own(ref)
      // parity: a device that is no Fibre Channel adapter stays, and nobody is told.
      if (wwnsOf(device.document) === undefined) return
      devices.remove(device, (c) => c.emit('nodeDevice', 'lifecycle', { dev: refOf(device), event: 1, detail: 0 }))
    },
  }
}

function passes(flags: number): (device: TestDevice) => boolean {
  const wanted = filterNames.filter(([, bit]) => (flags & bit) !== 0).map(([name]) => name)
  const pair = (yes: number, no: number) => (device: TestDevice) =>
    (flags & (yes | no)) === 0 || (flags & (device.builtIn ? yes : no)) !== 0
  const [active, persistent] = [pair(0x80000000, 0x40000000), pair(0x10000000, 0x20000000)]
  const known = filterNames.reduce((bits, [, bit]) => (bits | bit) >>> 0, 0xf0000000)
  const others = (flags & ~known) !== 0
  return (device) =>
    active(device) &&
    persistent(device) &&
    ((wanted.length === 0 && !others) || capabilitiesOf(device).some((c) => wanted.includes(c)))
}

type Port = Extract<NodeDeviceHostAbility, { type: 'fc_host' }>

function fcHostOf(document: NodeDevice): Port | undefined {
  return document.capabilities.find((c) => c.type === 'scsi_host')?.capabilities.find((a) => a.type === 'fc_host')
}

/** A world wide name as libvirt makes them up for this driver. */
const madeUp = (): string => `5100000${randomBytes(5).toString('hex').slice(0, 9)}`

function wwnsOf(document: NodeDevice): { wwnn: string; wwpn: string } | undefined {
  const port = fcHostOf(document)
  return port?.wwnn === undefined || port.wwpn === undefined ? undefined : { wwnn: port.wwnn, wwpn: port.wwpn }
}

const makesPorts = (device: TestDevice): boolean => capabilitiesOf(device).includes('vports')

/** Whether a device is what a parent is said to be: by name, by its world wide names or by that of its fabric. */
function isParent({ name, wwnn, wwpn, fabricWwn }: NodeDeviceParent, device: TestDevice): boolean {
  if (name !== undefined) return device.name === name
  const port = fcHostOf(device.document)
  if (wwnn !== undefined) return port?.wwnn === wwnn && port.wwpn === wwpn
  return port?.fabricWwn === fabricWwn
}

/** The device a virtual port is made on: the one that is said, or any that can. */
function parentOf(state: TestState, { name, parent }: NodeDevice): TestDevice {
  if (parent === undefined || Object.values(parent).every((one) => one === undefined)) {
    const [able] = state.devices.list(makesPorts)
    if (able === undefined) throw failure('Could not find any vport capable device')
    return able
  }
  const [found] = state.devices.list((device) => isParent(parent, device))
  if (found === undefined) throw failure(`Could not find parent device for '${name}'`)
  if (!makesPorts(found)) throw failure(`Parent device ${found.name} is not capable of vport operations`)
  return found
}

/** Makes a virtual port: a copy of an adapter, under the world wide names that the document gives. */
function createPort(state: TestState, document: NodeDevice): TestDevice {
  const port = fcHostOf(document)
  if (port === undefined) throw failure('Device is not a fibre channel HBA')
  parentOf(state, document)
  return makePort(state, { wwnn: port.wwnn ?? madeUp(), wwpn: port.wwpn ?? madeUp() })
}

/** The name of every virtual port that is made. */
const portName = 'scsi_host12'

/** Makes the virtual port of these world wide names, in the place of the one there is. */
export function makePort(state: TestState, { wwnn, wwpn }: { wwnn: string; wwpn: string }): TestDevice {
  const made = fibreChannelPort(portName, {
    parent: 'scsi_host1',
    host: 11,
    id: 10,
    wwnn,
    wwpn,
    fabric: '2000000043214321',
  })
  const same = state.devices.byName(portName)
  const told = { dev: { name: portName }, event: 0, detail: 0 }
  if (same !== undefined) {
    state.devices.change(same, (c) => {
      same.document = made
      c.emit('nodeDevice', 'lifecycle', told)
    })
    return same
  }
  return take(state, made, true)
}

/** Takes the virtual port away. @throws VirtError `no-node-device` when there is none */
export function dropPort(state: TestState): void {
  const device = state.devices.byName(portName)
  if (device === undefined)
    throw testError(ErrorNumber.NO_NODE_DEVICE, `no node device with matching name '${portName}'`)
  state.devices.remove(device, (c) => c.emit('nodeDevice', 'lifecycle', { dev: refOf(device), event: 1, detail: 0 }))
}

function take(state: TestState, document: NodeDevice, tell: boolean): TestDevice {
  const name = document.name as string
  const device: TestDevice = { name, uuid: name, generation: 0, builtIn: !tell, document }
  state.devices.add(device, (c) => {
    if (tell) c.emit('nodeDevice', 'lifecycle', { dev: { name }, event: 0, detail: 0 })
  })
  return device
}

/** Takes a device from a node file. */
export function loadDevice(state: TestState, xml: string): void {
  addDevice(state, nodeDevice.parse(xml))
}

/** Adds a device that exists from the start. */
export function addDevice(state: TestState, document: NodeDevice): void {
  take(state, document, false)
}
