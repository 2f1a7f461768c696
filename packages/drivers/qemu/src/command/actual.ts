// SPDX-License-Identifier: LGPL-2.1-or-later
// Interfaces once their network has said what they are.
import type { Interface } from '@virt/conf'

/** What an interface is once it is known which network it is in. */
export function actualType({ type, actual }: Interface): string {
  return actual?.type ?? type
}
