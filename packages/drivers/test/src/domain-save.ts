// SPDX-License-Identifier: LGPL-2.1-or-later
// Saving, restoring and dumping.
import { resolve } from 'node:path'
import {
  type Answer,
  type Call,
  ErrorNumber,
  permitted,
  type Resolvers,
  type SlotMethods,
  type SlotTable,
} from '@virt/core'
import { requireActive } from '@virt/stateful'
import { launch, owner } from './domain-define.js'
import { parseDefinition, printDomain } from './domain-document.js'
import { stop, tell } from './domain-lifecycle.js'
import type { TestDomain } from './domain-record.js'
import { Event, Reason } from './domain-state.js'
import { operationInvalid, testError } from './errors.js'
import { readImage, writeCore, writeImage } from './save-image.js'
import { screenshot } from './screenshot.js'
import type { TestState } from './state.js'

const crash = 1
const secure = 1
const rawFormat = 0

function unmodified(dxml: string | undefined): void {
  if (dxml !== undefined) throw testError(ErrorNumber.ARGUMENT_UNSUPPORTED, 'xml modification unsupported')
}

export const saveSupport: SlotTable = {
  domainSave: {},
  domainSaveFlags: { flags: 0, fn: 'testDomainSaveFlags' },
  domainRestore: {},
  domainRestoreFlags: { flags: 0, fn: 'testDomainRestoreFlags' },
  domainSaveImageGetXMLDesc: { flags: 1, fn: 'testDomainSaveImageGetXMLDesc' },
  domainSaveImageDefineXML: { flags: 6, fn: 'testDomainSaveImageDefineXML' },
  domainManagedSave: { flags: 7, fn: 'testDomainManagedSave' },
  domainHasManagedSaveImage: { flags: 0, fn: 'testDomainHasManagedSaveImage' },
  domainManagedSaveRemove: { flags: 0, fn: 'testDomainManagedSaveRemove' },
  domainCoreDump: { flags: crash, fn: 'testDomainCoreDumpWithFormat' },
  domainCoreDumpWithFormat: { flags: crash, fn: 'testDomainCoreDumpWithFormat' },
  domainScreenshot: { flags: 0, fn: 'testDomainScreenshot' },
}

export function saveSlots(state: TestState): SlotMethods & Resolvers {
  const save = (domain: TestDomain, to: string): void => {
    requireActive(domain)
    writeImage(resolve(to), domain.name, printDomain(domain.def, domain.id, { secure: true }))
    stop(state, domain, Reason.shutoff.saved, Event.stopped.saved)
  }
  const restore = (call: Call, from: string): Answer<void> => {
    const { document } = parseDefinition(readImage(resolve(from)))
    return permitted(call, { name: document.name, uuid: document.uuid, id: -1 }, 0, () => {
      launch(state, document, owner(state, document, true), Reason.running.restored, (domain, change) =>
        tell(change, domain, Event.started.type, Event.started.restored),
      )
    })
  }
  const dump = (domain: TestDomain, to: string, format: number, flags: number): void => {
    requireActive(domain)
    writeCore(resolve(to), domain.name)
    if (format !== rawFormat)
      throw testError(ErrorNumber.OPERATION_UNSUPPORTED, 'kdump-compressed format is not supported here')
    if (flags & crash) stop(state, domain, Reason.shutoff.crashed, Event.stopped.crashed)
  }
  return {
    domainSave: (_call, domain: TestDomain, to) => save(domain, to),
    domainSaveFlags(_call, domain: TestDomain, to, dxml) {
      unmodified(dxml)
      save(domain, to)
    },
    domainRestore: (call, from) => restore(call, from),
    domainRestoreFlags(call, from, dxml) {
      unmodified(dxml)
      return restore(call, from)
    },
    domainSaveImageGetXMLDesc(call, file, flags) {
      const { document } = parseDefinition(readImage(resolve(file)))
      return permitted(call, { name: document.name, uuid: document.uuid, id: -1 }, flags, () =>
        printDomain(document, -1, { secure: (flags & secure) !== 0 }),
      )
    },
    domainSaveImageDefineXML(call, file, dxml, flags) {
      const { document: before } = parseDefinition(readImage(resolve(file)))
      return permitted(call, { name: before.name, uuid: before.uuid, id: -1 }, flags, () => {
        const { document } = parseDefinition(dxml)
        writeImage(resolve(file), document.name ?? '', printDomain(document, -1, { secure: true }))
      })
    },
    domainManagedSave(_call, domain: TestDomain) {
      requireActive(domain)
      if (!domain.persistent) throw operationInvalid('cannot do managed save for transient domain')
      stop(state, domain, Reason.shutoff.saved, Event.stopped.saved)
      state.domains.change(domain, () => {
        domain.managedSave = true
      })
    },
    domainHasManagedSaveImage: (_call, domain: TestDomain) => domain.managedSave,
    domainManagedSaveRemove(_call, domain: TestDomain) {
      state.domains.change(domain, () => {
        domain.managedSave = false
      })
    },
    domainCoreDump: (_call, domain: TestDomain, to, flags) => dump(domain, to, rawFormat, flags),
    domainCoreDumpWithFormat: (_call, domain: TestDomain, to, format, flags) => dump(domain, to, format, flags),
    domainScreenshot: () => screenshot(),
  }
}
