// SPDX-License-Identifier: LGPL-2.1-or-later
// Title, description and the applications' own elements.
import type { Domain } from '@virt/conf'
import { ErrorDomain, ErrorNumber, type Resolvers, type SlotMethods, type SlotTable, virtError } from '@virt/core'
import { getElement, setElement } from '@virt/stateful'
import { documentOf, oneDocument, theDocuments } from './domain-impact.js'
import { refOf, type TestDomain } from './domain-record.js'
import type { TestState } from './state.js'

/** `virDomainMetadataType` */
const Type = { description: 0, title: 1, element: 2 } as const

function domainError(number: number, detail: string): Error {
  return virtError(number, ErrorDomain.DOMAIN, detail)
}

function changed(document: Domain, type: number, text: string | undefined, key = '', uri = ''): Domain {
  switch (type) {
    case Type.description:
      return { ...document, description: text || undefined }
    case Type.title:
      return { ...document, title: text || undefined }
    case Type.element:
      return { ...document, metadata: setElement(document.metadata, text, key, uri, ErrorDomain.DOMAIN) }
    default:
      throw domainError(ErrorNumber.INVALID_ARG, `unknown metadata type '${type}'`)
  }
}

export const metadataSupport: SlotTable = {
  domainGetMetadata: { flags: 3, fn: 'testDomainGetMetadata' },
  domainSetMetadata: { flags: 3, fn: 'testDomainSetMetadata' },
}

export function metadataSlots(state: TestState): SlotMethods & Resolvers {
  return {
    domainGetMetadata(_call, domain: TestDomain, type, uri, flags) {
      if (type > Type.element) throw domainError(ErrorNumber.INVALID_ARG, `unknown metadata type '${type}'`)
      const document = documentOf(domain, oneDocument(domain, flags))
      const text =
        type === Type.description
          ? document.description
          : type === Type.title
            ? document.title
            : getElement(document.metadata, uri ?? '')
      if (text === undefined)
        throw domainError(ErrorNumber.NO_DOMAIN_METADATA, 'Requested metadata element is not present')
      return text
    },
    domainSetMetadata(_call, domain: TestDomain, type, text, key, uri, flags) {
      const next = theDocuments(domain, flags).map(
        (which) => [which, changed(documentOf(domain, which), type, text, key, uri)] as const,
      )
      state.domains.change(domain, (change) => {
        for (const [which, document] of next) domain[which] = document
        change.emit('domain', 'metadataChange', { dom: refOf(domain), type, nsuri: uri })
      })
    },
  }
}
