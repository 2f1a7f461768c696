// SPDX-License-Identifier: LGPL-2.1-or-later
// Snapshots of domains.
import { type DomainSnapshot, domainSnapshot } from '@virt/conf'
import {
  type DomainRef,
  type DomainSnapshotRef,
  ErrorNumber,
  type Resolvers,
  type SlotMethods,
  type SlotTable,
  type VirtError,
} from '@virt/core'
import type { Moment, MomentTree } from '@virt/stateful'
import { hooks } from './domain-document.js'
import { theDomain } from './domain-list.js'
import { deleteMoment, listMoments, type OwnMoment } from './domain-moments.js'
import { refOf, type TestDomain } from './domain-record.js'
import { testError } from './errors.js'
import { createSnapshot, isExternal, wasOnline } from './snapshot-create.js'
import { revertToSnapshot } from './snapshot-revert.js'
import type { TestState } from './state.js'

type Snapshot = Moment<DomainSnapshot>
type Own = OwnMoment<DomainSnapshot>

/** `virDomainSnapshotListFlags`: in each group one bit must hold, if any is set. */
const groups: readonly (readonly (readonly [number, (snapshot: DomainSnapshot) => boolean])[])[] = [
  [
    [2, () => true],
    [16, () => false],
  ],
  [
    [32, ({ state }) => state === 'shutoff'],
    [64, (snapshot) => wasOnline(snapshot) || !offline.has(snapshot.state ?? '')],
    [128, ({ state }) => state === 'disk-snapshot'],
  ],
  [
    [256, (snapshot) => !isExternal(snapshot)],
    [512, isExternal],
  ],
]
const offline: ReadonlySet<string> = new Set(['shutoff', 'disk-snapshot'])
const secure = 1
const listFlags = 0x7ff

function notFound(detail: string): VirtError {
  return testError(ErrorNumber.NO_DOMAIN_SNAPSHOT, detail)
}

function list(domain: TestDomain, from: Snapshot | undefined, flags: number): readonly Snapshot[] {
  const asked = groups.map((group) => group.filter(([bit]) => flags & bit)).filter((group) => group.length > 0)
  return listMoments(domain.snapshots, from, flags, ({ value }) =>
    asked.every((group) => group.some(([, test]) => test(value))),
  )
}

function find(domain: TestDomain, name: string): Snapshot {
  const moment = domain.snapshots?.get(name)
  if (moment === undefined) throw notFound(`no domain snapshot with matching name '${name}'`)
  return moment
}

/** The tree that a snapshot at hand is in. */
function treeOf({ dom }: Own): MomentTree<DomainSnapshot> {
  return dom.snapshots as MomentTree<DomainSnapshot>
}

const refTo = ({ name }: Snapshot, domain: TestDomain): DomainSnapshotRef => ({ name, dom: refOf(domain) })

export const snapshotSupport: SlotTable = {
  domainSnapshotCreateXML: { flags: 0x3cb, fn: 'testDomainSnapshotCreateXML' },
  domainSnapshotGetXMLDesc: { flags: secure, fn: 'testDomainSnapshotGetXMLDesc' },
  domainSnapshotNum: { flags: listFlags, fn: 'testDomainSnapshotNum' },
  domainSnapshotListNames: { flags: listFlags, fn: 'testDomainSnapshotListNames' },
  domainListAllSnapshots: { flags: listFlags, fn: 'testDomainListAllSnapshots' },
  domainSnapshotNumChildren: { flags: listFlags, fn: 'testDomainSnapshotNumChildren' },
  domainSnapshotListChildrenNames: { flags: listFlags, fn: 'testDomainSnapshotListChildrenNames' },
  domainSnapshotListAllChildren: { flags: listFlags, fn: 'testDomainSnapshotListAllChildren' },
  domainSnapshotLookupByName: { flags: 0, fn: 'testDomainSnapshotLookupByName' },
  domainHasCurrentSnapshot: { flags: 0, fn: 'testDomainHasCurrentSnapshot' },
  domainSnapshotCurrent: { flags: 0, fn: 'testDomainSnapshotCurrent' },
  domainSnapshotGetParent: { flags: 0, fn: 'testDomainSnapshotGetParent' },
  domainSnapshotIsCurrent: { flags: 0, fn: 'testDomainSnapshotIsCurrent' },
  domainSnapshotHasMetadata: { flags: 0, fn: 'testDomainSnapshotHasMetadata' },
  domainRevertToSnapshot: { flags: 7, fn: 'testDomainRevertToSnapshot' },
  domainSnapshotDelete: { flags: 5, fn: 'testDomainSnapshotDelete' },
}

export function snapshotSlots(state: TestState): SlotMethods & Resolvers {
  const refs = (domain: TestDomain, found: readonly Snapshot[]): DomainSnapshotRef[] =>
    found.map((one) => refTo(one, domain))
  return {
    resolveDomainSnapshot(ref): Own & { dom: DomainRef } {
      const dom = theDomain(state, ref.dom)
      return { name: ref.name, dom, moment: find(dom, ref.name) }
    },
    domainSnapshotCreateXML: (_call, domain: TestDomain, xml, flags) =>
      refTo(createSnapshot(state, domain, xml, flags), domain),
    domainSnapshotGetXMLDesc(_call, { moment, dom }: Own, flags) {
      const { parent, value } = moment
      const document = parent === undefined ? value : { ...value, parent: { name: parent.name } }
      return domainSnapshot.print({ ...document, domainUuid: dom.uuid }, { hooks, secure: (flags & secure) !== 0 })
    },
    domainSnapshotNum: (_call, domain: TestDomain, flags) => list(domain, undefined, flags).length,
    domainSnapshotListNames: (_call, domain: TestDomain, flags) =>
      list(domain, undefined, flags).map((one) => one.name),
    domainListAllSnapshots: (_call, domain: TestDomain, flags) => refs(domain, list(domain, undefined, flags)),
    domainSnapshotNumChildren: (_call, { dom, moment }: Own, flags) => list(dom, moment, flags).length,
    domainSnapshotListChildrenNames: (_call, { dom, moment }: Own, flags) =>
      list(dom, moment, flags).map((one) => one.name),
    domainSnapshotListAllChildren: (_call, { dom, moment }: Own, flags) => refs(dom, list(dom, moment, flags)),
    domainSnapshotLookupByName: (_call, domain: TestDomain, name) => refTo(find(domain, name), domain),
    domainHasCurrentSnapshot: (_call, domain: TestDomain) => domain.snapshots?.current !== undefined,
    domainSnapshotCurrent(_call, domain: TestDomain) {
      const current = domain.snapshots?.current
      if (current === undefined) throw notFound('the domain does not have a current snapshot')
      return refTo(current, domain)
    },
    domainSnapshotGetParent(_call, { name, dom, moment }: Own) {
      if (moment.parent === undefined) throw notFound(`snapshot '${name}' does not have a parent`)
      return refTo(moment.parent, dom)
    },
    domainSnapshotIsCurrent: (_call, own: Own) => treeOf(own).current === own.moment,
    domainSnapshotHasMetadata: () => true,
    domainRevertToSnapshot: (_call, own: Own, flags) =>
      revertToSnapshot(state, own.dom, treeOf(own), own.moment, flags),
    domainSnapshotDelete(_call, own: Own, flags) {
      state.domains.change(own.dom, () => deleteMoment(treeOf(own), own.moment, flags))
    },
  }
}
