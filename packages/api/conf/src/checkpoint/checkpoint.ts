// SPDX-License-Identifier: LGPL-2.1-or-later
import { ErrorDomain } from '@virt/core'
import { moment } from '../common/moment.js'
import { domain } from '../domain/domain.js'
import { type DocumentKind, documentKind, innerOf } from '../runtime/document.js'
import type { DomainCheckpointInput } from './inputs.gen.js'
import { domainCheckpoint as root } from './schema.js'
import type { DomainCheckpoint } from './types.gen.js'

/** `<domaincheckpoint>`; mode `redefine` reads one that existed before. Hooks are those of the domain's driver. */
export const domainCheckpoint: DocumentKind<DomainCheckpoint, DomainCheckpointInput> = documentKind<
  DomainCheckpoint,
  DomainCheckpointInput
>({
  root,
  namespaces: domain.parts.namespaces ?? [],
  domain: ErrorDomain.DOMAIN_CHECKPOINT,
  modes: { inactive: true, skipValidate: true },
  inner: (checkpoint) => innerOf(domain, checkpoint.domain),
  postParse: [moment],
})
