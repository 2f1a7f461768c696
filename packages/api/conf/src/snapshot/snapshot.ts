// SPDX-License-Identifier: LGPL-2.1-or-later
import { ErrorDomain } from '@virt/core'
import { moment } from '../common/moment.js'
import { domain } from '../domain/domain.js'
import { type DocumentKind, documentKind, innerOf } from '../runtime/document.js'
import type { DomainSnapshotInput } from './inputs.gen.js'
import { domainSnapshot as root } from './schema.js'
import type { DomainSnapshot } from './types.gen.js'

/**
 * `<domainsnapshot>`: a moment of a guest. Mode `redefine` reads one that existed before, `internal` the form drivers
 * keep on disk. Hooks are those of the domain's driver.
 */
export const domainSnapshot: DocumentKind<DomainSnapshot, DomainSnapshotInput> = documentKind<
  DomainSnapshot,
  DomainSnapshotInput
>({
  root,
  namespaces: domain.parts.namespaces ?? [],
  domain: ErrorDomain.DOMAIN_SNAPSHOT,
  modes: { inactive: true, skipValidate: true },
  inner: (snapshot) => [...innerOf(domain, snapshot.domain), ...innerOf(domain, snapshot.inactiveDomain)],
  postParse: [moment],
})
