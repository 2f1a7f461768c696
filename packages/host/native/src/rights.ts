// SPDX-License-Identifier: LGPL-2.1-or-later
// What this process may do at most.
import type { Binding } from './binding.js'
import { type Capability, capabilityBits } from './capabilities.js'

/** Rights of this process. */
export interface Rights {
  /**
   * Gives up every capability but these, for good: for the thread that calls, the threads and the programs it starts from
   * then on. Called before anything else, that is all but the threads that Node began with, which run no code of ours.
   *
   * @param keep those that stay, where they were there
   * @param options `noNewPrivileges`: programs with set-user-id or file capabilities give nothing, either
   * @throws TypeError for a name that is none; Error of the kernel
   * @since 0.1.0
   */
  limit(keep: readonly Capability[], options?: { readonly noNewPrivileges?: boolean }): void
}

/** Rights by capset and prctl. */
export function rightsOf(binding: Binding): Rights {
  return {
    limit: (keep, { noNewPrivileges = false } = {}) => binding.limitRights(capabilityBits(keep), noNewPrivileges),
  }
}
