// SPDX-License-Identifier: LGPL-2.1-or-later
// The record of one domain.
import type { DomainRef } from '@virt/core'
import type { Recorded } from '@virt/stateful'

/** A domain of a test instance: what is asked for often is here, the rest in its documents. */
export interface TestDomain extends DomainRef, Recorded {
  id: number
}
