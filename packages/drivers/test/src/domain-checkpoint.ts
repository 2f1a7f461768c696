// SPDX-License-Identifier: LGPL-2.1-or-later
// Checkpoints of domains.
import { type DomainCheckpoint, domainCheckpoint } from '@virt/conf'
import {
  type DomainCheckpointRef,
  type DomainRef,
  ErrorNumber,
  type Resolvers,
  type SlotMethods,
  type SlotTable,
  type VirtError,
} from '@virt/core'
import type { Moment, MomentTree } from '@virt/stateful'
import { createCheckpoint } from './checkpoint-create.js'
import { hooks } from './domain-document.js'
import { theDomain } from './domain-list.js'
import { deleteMoment, listMoments, type OwnMoment } from './domain-moments.js'
import { refOf, type TestDomain } from './domain-record.js'
import { testError } from './errors.js'
import type { TestState } from './state.js'

type Checkpoint = Moment<DomainCheckpoint>
type Own = OwnMoment<DomainCheckpoint>

/** `virDomainCheckpointXMLFlags` */
const Xml = { secure: 1, noDomain: 2, size: 4 } as const
const listFlags = 0xf

function notFound(detail: string): VirtError {
  return testError(ErrorNumber.NO_DOMAIN_CHECKPOINT, detail)
}

function find(domain: TestDomain, name: string): Checkpoint {
  const moment = domain.checkpoints?.get(name)
  if (moment === undefined) throw notFound(`no domain checkpoint with matching name '${name}'`)
  return moment
}

function refs(domain: TestDomain, from: Checkpoint | undefined, flags: number): DomainCheckpointRef[] {
  return listMoments(domain.checkpoints, from, flags).map((one) => refTo(one, domain))
}

const refTo = ({ name }: Checkpoint, domain: TestDomain): DomainCheckpointRef => ({ name, dom: refOf(domain) })

export const checkpointSupport: SlotTable = {
  domainCheckpointCreateXML: { flags: 3, fn: 'testDomainCheckpointCreateXML' },
  domainCheckpointGetXMLDesc: { flags: 7, fn: 'testDomainCheckpointGetXMLDesc' },
  domainListAllCheckpoints: { flags: listFlags, fn: 'testDomainListAllCheckpoints' },
  domainCheckpointListAllChildren: { flags: listFlags, fn: 'testDomainCheckpointListAllChildren' },
  domainCheckpointLookupByName: { flags: 0, fn: 'testDomainCheckpointLookupByName' },
  domainCheckpointGetParent: { flags: 0, fn: 'testDomainCheckpointGetParent' },
  domainCheckpointDelete: { flags: 7, fn: 'testDomainCheckpointDelete' },
}

export function checkpointSlots(state: TestState): SlotMethods & Resolvers {
  return {
    resolveDomainCheckpoint(ref): Own & { dom: DomainRef } {
      const dom = theDomain(state, ref.dom)
      return { name: ref.name, dom, moment: find(dom, ref.name) }
    },
    domainCheckpointCreateXML: (_call, domain: TestDomain, xml, flags) =>
      refTo(createCheckpoint(state, domain, xml, flags), domain),
    domainCheckpointGetXMLDesc(_call, { moment }: Own, flags) {
      const { parent, value } = moment
      return domainCheckpoint.print(parent === undefined ? value : { ...value, parent: { name: parent.name } }, {
        hooks,
        secure: (flags & Xml.secure) !== 0,
        noDomain: (flags & Xml.noDomain) !== 0,
        size: (flags & Xml.size) !== 0,
      })
    },
    domainListAllCheckpoints: (_call, domain: TestDomain, flags) => refs(domain, undefined, flags),
    domainCheckpointListAllChildren: (_call, { dom, moment }: Own, flags) => refs(dom, moment, flags),
    domainCheckpointLookupByName: (_call, domain: TestDomain, name) => refTo(find(domain, name), domain),
    domainCheckpointGetParent(_call, { name, dom, moment }: Own) {
      if (moment.parent === undefined) throw notFound(`checkpoint '${name}' does not have a parent`)
      return refTo(moment.parent, dom)
    },
    domainCheckpointDelete(_call, { dom, moment }: Own, flags) {
      const tree = dom.checkpoints as MomentTree<DomainCheckpoint>
      state.domains.change(dom, () => deleteMoment(tree, moment, flags))
    },
  }
}
