// SPDX-License-Identifier: LGPL-2.1-or-later
// A whole hypervisor in one file: its domains are imagined, live in memory, and tell what happens to them.
import { hostname } from 'node:os'
import { domain as domainDocument } from '@virt/conf'
import {
  access,
  DomainEventDefinedDetailType as Defined,
  DomainCreateFlags,
  DomainEventType,
  DomainPausedReason,
  DomainRunningReason,
  DomainShutoffReason,
  DomainState,
  DomainXMLFlags,
  ErrorDomain,
  ErrorNumber,
  EventHub,
  isPromise,
  DomainEventStoppedDetailType as Stopped,
  virtError,
  visible,
} from '@virt/core'

/** What the driver fills, with the flags it understands; other bits are refused before a slot is called. */
const supports = {
  connectGetType: {},
  connectGetVersion: {},
  connectGetHostname: {},
  connectNumOfDomains: {},
  connectListAllDomains: { flags: 0xff },
  domainLookupByID: {},
  domainLookupByName: {},
  domainLookupByUUID: {},
  domainDefineXML: {},
  domainDefineXMLFlags: { flags: 0 },
  domainUndefine: {},
  domainUndefineFlags: { flags: 0 },
  domainCreateXML: { flags: DomainCreateFlags.START_PAUSED },
  domainCreate: {},
  domainCreateWithFlags: { flags: DomainCreateFlags.START_PAUSED },
  domainDestroy: {},
  domainDestroyFlags: { flags: 0 },
  domainShutdown: {},
  domainSuspend: {},
  domainResume: {},
  domainGetState: { flags: 0 },
  domainGetInfo: {},
  domainGetMaxMemory: {},
  domainGetXMLDesc: { flags: DomainXMLFlags.SECURE | DomainXMLFlags.INACTIVE },
  domainGetOSType: {},
  domainGetAutostart: {},
  domainSetAutostart: {},
  domainIsActive: {},
  domainIsPersistent: {},
  domainIsUpdated: {},
}
const { RUNNING, PAUSED, SHUTOFF } = DomainState

/** Errors carry libvirt's number; the domain says which driver they are from (none of libvirt's, here). */
const error = (name, detail) => virtError(ErrorNumber[name], ErrorDomain.NONE, detail)

/**
 * A driver: options it would have got already, the services of the place it runs in it gets now.
 * @type {import('@virt/core').DriverFactory}
 */
export function driver(services) {
  const events = new EventHub()
  /** Records by UUID. A record is what the driver's own slots get as `dom`; name, uuid and id are what travels. */
  const records = new Map()
  let lastId = 0

  const tell = (record, event, detail) => {
    services.log.info(`domain ${record.name}: event ${event}`)
    events.emit('domain', 'lifecycle', { dom: refOf(record), event, detail })
  }
  const found = (record, what) => {
    if (record === undefined) throw error('NO_DOMAIN', `no domain with matching ${what}`)
    return record
  }
  const first = (test, what) => found([...records.values()].find(test), what)

  /** The record that a document is for: the one of its UUID, or a new one. Nothing is changed yet. */
  const recordFor = (document) => {
    const known = records.get(document.uuid)
    const namesake = [...records.values()].find((r) => r.name === document.name)
    if (namesake !== undefined && namesake !== known)
      throw error('OPERATION_FAILED', `domain '${document.name}' already exists with uuid ${namesake.uuid}`)
    if (known !== undefined && known !== namesake)
      throw error('OPERATION_FAILED', `domain '${known.name}' is already defined with uuid ${known.uuid}`)
    return known ?? fresh(document)
  }

  const parse = (xml) => domainDocument.parse(xml, { inactive: true })

  const define = (call, xml, flags = 0) => {
    const document = parse(xml)
    const record = recordFor(document)
    return permitted(call, record, flags, () => {
      const added = !record.persistent
      if (record.id === -1) record.document = document
      else record.next = document
      record.persistent = true
      records.set(record.uuid, record)
      tell(record, DomainEventType.DEFINED, added ? Defined.ADDED : Defined.UPDATED)
      return refOf(record)
    })
  }

  const start = (record, flags, document = record.document) => {
    if (record.id !== -1) throw error('OPERATION_INVALID', 'domain is already running')
    const paused = (flags & DomainCreateFlags.START_PAUSED) !== 0
    if (document !== record.document) Object.assign(record, { document, next: record.document })
    Object.assign(record, {
      id: ++lastId,
      state: paused ? PAUSED : RUNNING,
      reason: paused ? DomainPausedReason.USER : DomainRunningReason.BOOTED,
    })
    records.set(record.uuid, record)
    tell(record, DomainEventType.STARTED, 0)
    return refOf(record)
  }

  const stop = (record, reason, detail) => {
    running(record)
    Object.assign(record, { id: -1, state: SHUTOFF, reason, document: record.next ?? record.document, next: undefined })
    tell(record, DomainEventType.STOPPED, detail)
    if (!record.persistent) records.delete(record.uuid)
  }

  const undefine = (record) => {
    if (!record.persistent) throw error('OPERATION_INVALID', 'cannot undefine transient domain')
    Object.assign(record, { persistent: false, autostart: false, next: undefined })
    if (record.id === -1) records.delete(record.uuid)
    tell(record, DomainEventType.UNDEFINED, 0)
  }

  /** Every slot gets the call first; what an object is, `resolveDomain` has found out before. */
  const slots = {
    resolveDomain: (ref) => found(records.get(ref.uuid), `uuid '${ref.uuid}' (${ref.name})`),

    connectGetType: () => 'Shelf',
    connectGetVersion: () => 1_000_000,
    connectGetHostname: () => hostname(),
    connectNumOfDomains: (call) =>
      seen(
        call,
        [...records.values()].filter((r) => r.id !== -1),
        (list) => list.length,
      ),
    connectListAllDomains: (call, flags) =>
      seen(call, [...records.values()].filter(filterOf(flags)), (list) => list.map(refOf)),

    domainLookupByID: (call, id) =>
      allowed(
        call,
        first((r) => r.id === id, `id ${id}`),
      ),
    domainLookupByName: (call, name) =>
      allowed(
        call,
        first((r) => r.name === name, `name '${name}'`),
      ),
    domainLookupByUUID: (call, uuid) => allowed(call, found(records.get(uuid), `uuid '${uuid}'`)),

    domainDefineXML: define,
    domainDefineXMLFlags: define,
    domainUndefine: (_call, dom) => undefine(dom),
    domainUndefineFlags: (_call, dom) => undefine(dom),

    domainCreateXML: (call, xml, flags) => {
      const document = parse(xml)
      const record = recordFor(document)
      return permitted(call, record, flags, () => start(record, flags, document))
    },
    domainCreate: (_call, dom) => void start(dom, 0),
    domainCreateWithFlags: (_call, dom, flags) => start(dom, flags),
    domainDestroy: (_call, dom) => stop(dom, DomainShutoffReason.DESTROYED, Stopped.DESTROYED),
    domainDestroyFlags: (_call, dom) => stop(dom, DomainShutoffReason.DESTROYED, Stopped.DESTROYED),
    // A guest that takes a while to shut down: the answer comes at once, the event later. The clock is a service, too.
    domainShutdown: (_call, dom) => {
      const { id } = running(dom)
      services.clock.after(100, () => dom.id === id && stop(dom, DomainShutoffReason.SHUTDOWN, Stopped.SHUTDOWN))
    },
    domainSuspend: (_call, dom) => {
      Object.assign(running(dom), { state: PAUSED, reason: DomainPausedReason.USER })
      tell(dom, DomainEventType.SUSPENDED, 0)
    },
    domainResume: (_call, dom) => {
      Object.assign(running(dom), { state: RUNNING, reason: DomainRunningReason.UNPAUSED })
      tell(dom, DomainEventType.RESUMED, 0)
    },

    domainGetState: (_call, dom) => ({ state: dom.state, reason: dom.reason }),
    domainGetInfo: (_call, dom) => ({
      state: dom.state,
      maxMem: maxMemory(dom),
      memory: dom.id === -1 ? maxMemory(dom) : (dom.document.currentMemory ?? maxMemory(dom)),
      nrVirtCpu: dom.document.vcpu.count,
      cpuTime: 0n,
    }),
    domainGetMaxMemory: (_call, dom) => maxMemory(dom),
    domainGetXMLDesc: (_call, dom, flags) => {
      const inactive = dom.id === -1 || (flags & DomainXMLFlags.INACTIVE) !== 0
      const document = (inactive && dom.next) || dom.document
      return domainDocument.print(inactive ? document : { ...document, id: dom.id }, {
        inactive,
        secure: (flags & DomainXMLFlags.SECURE) !== 0,
      })
    },
    domainGetOSType: (_call, dom) => dom.document.os.type.type,
    domainGetAutostart: (_call, dom) => dom.autostart,
    domainSetAutostart: (_call, dom, autostart) => {
      if (!dom.persistent) throw error('OPERATION_INVALID', 'cannot set autostart for transient domain')
      dom.autostart = autostart
    },
    domainIsActive: (_call, dom) => dom.id !== -1,
    domainIsPersistent: (_call, dom) => dom.persistent,
    domainIsUpdated: () => false,
  }

  return {
    name: 'shelf',
    spi: 1,
    schemes: ['shelf'],
    supports,
    families: ['hypervisor'],
    open(_call, uri) {
      if (uri.server !== undefined) return 'declined'
      if (uri.path !== '/system') throw error('INTERNAL_ERROR', `unexpected path '${uri.path}', try shelf:///system`)
      return { ...slots, supports, events, close() {} }
    },
  }
}

const fresh = (document) => ({
  name: document.name,
  uuid: document.uuid,
  id: -1,
  /** What is in force, and what will be after the next stop where that differs. */
  document,
  next: undefined,
  state: SHUTOFF,
  reason: 0,
  persistent: false,
  autostart: false,
})
const refOf = ({ name, uuid, id }) => ({ name, uuid, id })
const maxMemory = (record) => record.document.memory.value

function running(record) {
  if (record.id === -1) throw error('OPERATION_INVALID', 'domain is not running')
  return record
}

/** `virConnectListAllDomainsFlags`: within a pair one must hold, if any is set. */
function filterOf(flags) {
  const groups = [
    [
      [1, (r) => r.id !== -1],
      [2, (r) => r.id === -1],
    ],
    [
      [4, (r) => r.persistent],
      [8, (r) => !r.persistent],
    ],
    [
      [16, (r) => r.state === RUNNING],
      [32, (r) => r.state === PAUSED],
      [64, (r) => r.state === SHUTOFF],
      [128, () => false],
    ],
  ].map((group) => group.filter(([bit]) => (flags & bit) !== 0))
  return (record) => groups.every((group) => group.length === 0 || group.some(([, test]) => test(record)))
}

/** Where the object comes out of the call, the gate cannot ask whether the caller may; the driver does, by the slot's own rules. */
function permitted(call, record, flags, go) {
  const wait = call.slot && access(call, call.slot.acl, record, flags)
  return wait === undefined ? go() : wait.then(go)
}
const allowed = (call, record) => permitted(call, record, 0, () => refOf(record))

/** A list without what the caller may not see. */
function seen(call, list, go) {
  const items = visible(call, 'domain', 'getattr', list)
  return isPromise(items) ? items.then(go) : go(items)
}
