// SPDX-License-Identifier: LGPL-2.1-or-later
// The hook script of a destination: it may change the document of a guest that arrives, as long as the guest sees no difference.
import { checkAbiStability, type Domain } from '@virt/conf'
import { movable } from '../domain/movable.js'
import type { QemuState } from '../state.js'

/**
 * Asks the hook script.
 * @returns the document that it wants instead; undefined when it wants none, or there is no script
 * @throws VirtError when it refuses the guest, or its document is none that the guest could go on under
 */
export async function filterArrival(state: QemuState, document: Domain): Promise<Domain | undefined> {
  if ((await state.hooks.scripts()).length === 0) return undefined
  const seen = (one: Domain): Domain => movable(one, state.paths.channels)
  const input = state.documents.print(seen(document), -1, { secure: true, migratable: true, inactive: true })
  const answer = await state.hooks.call({ object: document.name, operation: 'migrate', phase: 'begin', input })
  if (answer === undefined || answer.trim() === '') return undefined
  const other = await state.read(answer)
  checkAbiStability(seen(document), seen(other), { ignoreVolatile: true })
  return other
}
