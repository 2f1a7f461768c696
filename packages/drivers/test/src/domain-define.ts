// SPDX-License-Identifier: LGPL-2.1-or-later
// Definitions: making, changing, naming and dropping domains, and their XML.
import type { Domain } from '@virt/conf'
import {
  type Answer,
  type Call,
  type DomainRef,
  ErrorDomain,
  ErrorNumber,
  permitted,
  type Resolvers,
  type SlotMethods,
  type SlotTable,
  type VirtError,
  virtError,
} from '@virt/core'
import type { Change } from '@virt/stateful'
import { parseDefinition } from './domain-document.js'
import { drop, start, tell } from './domain-lifecycle.js'
import { refOf, TestDomain } from './domain-record.js'
import { Event, Reason } from './domain-state.js'
import { operationInvalid, testError } from './errors.js'
import type { TestState } from './state.js'

function domainError(number: number, detail: string): VirtError {
  return virtError(number, ErrorDomain.DOMAIN, detail)
}

/**
 * The record a definition belongs to; undefined for a new one.
 * @throws VirtError when name and UUID belong to different domains, or when it must not be active and is
 */
export function owner(state: TestState, document: Domain, mustBeInactive: boolean): TestDomain | undefined {
  const { name = '', uuid = '' } = document
  const same = state.domains.byUuid(uuid)
  if (same !== undefined) {
    if (same.name !== name)
      throw domainError(ErrorNumber.OPERATION_FAILED, `domain '${same.name}' is already defined with uuid ${uuid}`)
    if (mustBeInactive && same.active)
      throw domainError(ErrorNumber.OPERATION_INVALID, `domain '${same.name}' is already active`)
    return same
  }
  const named = state.domains.byName(name)
  if (named !== undefined)
    throw domainError(ErrorNumber.OPERATION_FAILED, `domain '${name}' already exists with uuid ${named.uuid}`)
  return undefined
}

/** Defines a domain; whether there was a definition before. */
export function define(
  state: TestState,
  document: Domain,
  existing: TestDomain | undefined,
  fn: (domain: TestDomain, replaced: boolean, change: Change) => void,
): TestDomain {
  if (existing === undefined) {
    const made = new TestDomain(document)
    made.persistent = true
    state.domains.add(made, (change) => fn(made, false, change))
    return made
  }
  state.domains.change(existing, (change) => {
    const replaced = existing.active ? existing.hasNext : true
    if (existing.active) existing.next = document
    else existing.def = document
    existing.persistent = true
    fn(existing, replaced, change)
  })
  return existing
}

/** Puts a domain with this document into force and starts it. */
export function launch(
  state: TestState,
  document: Domain,
  existing: TestDomain | undefined,
  reason: number,
  fn: (domain: TestDomain, change: Change) => void,
): TestDomain {
  if (existing === undefined) {
    const made = new TestDomain(document)
    state.domains.add(made, (change) => {
      start(state, made, reason)
      fn(made, change)
    })
    return made
  }
  state.domains.change(existing, (change) => {
    existing.keepNext()
    existing.def = document
    start(state, existing, reason)
    fn(existing, change)
  })
  return existing
}

const Flag = {
  startValidate: 1 << 4,
  defineValidate: 1,
  undefineManagedSave: 1,
  undefineSnapshotsMetadata: 2,
  secure: 1,
  inactive: 2,
  migratable: 8,
} as const

export const defineSupport: SlotTable = {
  domainCreateXML: { flags: Flag.startValidate, fn: 'testDomainCreateXML' },
  domainCreateXMLWithFiles: { flags: Flag.startValidate, fn: 'testDomainCreateXML' },
  domainDefineXML: {},
  domainDefineXMLFlags: { flags: Flag.defineValidate, fn: 'testDomainDefineXMLFlags' },
  domainUndefine: {},
  domainUndefineFlags: { flags: 3, fn: 'testDomainUndefineFlags' },
  domainGetXMLDesc: { flags: 0xb, fn: 'testDomainGetXMLDesc' },
  domainRename: { flags: 0, fn: 'testDomainRename' },
  domainGetAutostart: {},
  domainSetAutostart: {},
}

export function defineSlots(state: TestState): SlotMethods & Resolvers {
  const { domains } = state

  const defineXml = (call: Call, xml: string, flags: number): Answer<DomainRef> => {
    const { document } = parseDefinition(xml, (flags & Flag.defineValidate) !== 0)
    return permitted(call, subjectOf(document), flags, () => {
      const domain = define(state, document, owner(state, document, false), (one, replaced, change) =>
        tell(change, one, Event.defined.type, replaced ? Event.defined.updated : Event.defined.added),
      )
      return refOf(domain)
    })
  }

  const undefine = (domain: TestDomain, flags: number): void => {
    if (domain.managedSave && !(flags & Flag.undefineManagedSave))
      throw operationInvalid('Refusing to undefine while domain managed save image exists')
    const snapshots = domain.snapshots?.size ?? 0
    if (!domain.active && snapshots > 0 && !(flags & Flag.undefineSnapshotsMetadata))
      throw operationInvalid(`cannot delete inactive domain with ${snapshots} snapshots`)
    domains.change(domain, (change) => {
      domain.managedSave = false
      domain.persistent = false
      tell(change, domain, Event.undefined.type, Event.undefined.removed)
    })
    if (!domain.active) drop(state, domain)
  }

  const createXml = (call: Call, xml: string, flags: number): Answer<DomainRef> => {
    const { document } = parseDefinition(xml, (flags & Flag.startValidate) !== 0)
    return permitted(call, subjectOf(document), flags, () => {
      const existing = owner(state, document, true)
      const domain = launch(state, document, existing, Reason.running.booted, (one, change) =>
        tell(change, one, Event.started.type, Event.started.booted),
      )
      return refOf(domain)
    })
  }

  return {
    domainCreateXML: createXml,
    // An imaginary guest has no use for the files that come along.
    domainCreateXMLWithFiles: createXml,
    domainDefineXML: (call, xml) => defineXml(call, xml, 0),
    domainDefineXMLFlags: defineXml,
    domainUndefine: (_call, domain: TestDomain) => undefine(domain, 0),
    domainUndefineFlags: (_call, domain: TestDomain, flags) => undefine(domain, flags),
    domainGetXMLDesc(_call, domain: TestDomain, flags) {
      const inactive = (flags & Flag.inactive) !== 0
      return domain.xml(inactive, {
        inactive: inactive || !domain.active,
        secure: (flags & Flag.secure) !== 0,
        migratable: (flags & Flag.migratable) !== 0,
      })
    },
    domainRename(_call, domain: TestDomain, newName = '') {
      if (domain.active) throw operationInvalid('cannot rename active domain')
      if (newName.includes('/')) throw testError(ErrorNumber.XML_ERROR, `name ${newName} cannot contain '/'`)
      if (newName === domain.name) throw domainError(ErrorNumber.OPERATION_INVALID, "Can't rename domain to itself")
      if (domains.byName(newName) !== undefined)
        throw domainError(ErrorNumber.OPERATION_INVALID, `domain with name '${newName}' already exists`)
      domains.change(domain, (change) => {
        tell(change, domain, Event.undefined.type, Event.undefined.renamed)
        domain.def = { ...domain.def, name: newName }
        tell(change, domain, Event.defined.type, Event.defined.renamed)
      })
      return 0
    },
    domainGetAutostart: (_call, domain: TestDomain) => domain.autostart,
    domainSetAutostart(_call, domain: TestDomain, autostart) {
      domains.change(domain, () => {
        domain.autostart = autostart
      })
    },
  }
}

/** What access is asked for before there is a record. */
function subjectOf(document: Domain): DomainRef {
  return { name: document.name ?? '', uuid: document.uuid ?? '', id: -1 }
}
