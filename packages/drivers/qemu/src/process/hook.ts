// SPDX-License-Identifier: LGPL-2.1-or-later
// The host's scripts that are told of a guest.
import type { QemuDomain } from '../domain/record.js'
import type { QemuState } from '../state.js'

/** Tells the scripts of what begins with a guest. @throws VirtError when one of them refuses */
export async function callHook(state: QemuState, domain: QemuDomain, operation: string): Promise<void> {
  if ((await state.hooks.scripts()).length === 0) return
  const input = domain.xml(false, { secure: true })
  await state.hooks.call({ object: domain.name, operation, phase: 'begin', input })
}

/** Tells the scripts of an end, which they cannot keep from coming. */
export async function tellHooks(state: QemuState, domain: QemuDomain, operation: 'stopped' | 'release'): Promise<void> {
  const input = domain.xml(false, { secure: true })
  await state.hooks
    .call({ object: domain.name, operation, phase: 'end', input })
    .catch((error: unknown) => state.services.log.warn(`${domain.name}: ${(error as Error).message}`))
}
