// SPDX-License-Identifier: LGPL-2.1-or-later
// Title, description and the applications' own elements.
import type { Resolvers, SlotMethods, SlotTable } from '@virt/core'
import { checkNoteType, domainNotes, noteOf, withNote } from '@virt/stateful'
import { documentOf, oneDocument, theDocuments } from './domain-impact.js'
import { refOf, type TestDomain } from './domain-record.js'
import type { TestState } from './state.js'

export const metadataSupport: SlotTable = {
  domainGetMetadata: { flags: 3, fn: 'testDomainGetMetadata' },
  domainSetMetadata: { flags: 3, fn: 'testDomainSetMetadata' },
}

export function metadataSlots(state: TestState): SlotMethods & Resolvers {
  return {
    domainGetMetadata(_call, domain: TestDomain, type, uri, flags) {
      checkNoteType(domainNotes, type)
      return noteOf(domainNotes, documentOf(domain, oneDocument(domain, flags)), type, uri)
    },
    domainSetMetadata(_call, domain: TestDomain, type, text, key, uri, flags) {
      const next = theDocuments(domain, flags).map(
        (which) => [which, withNote(domainNotes, documentOf(domain, which), type, text, key, uri)] as const,
      )
      state.domains.change(domain, (change) => {
        for (const [which, document] of next) domain[which] = document
        change.emit('domain', 'metadataChange', { dom: refOf(domain), type, nsuri: uri })
      })
    },
  }
}
