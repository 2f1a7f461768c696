// SPDX-License-Identifier: LGPL-2.1-or-later
// A guest's definition: kept and forgotten on disk first, then in its record, and told of.
import type { Domain } from '@virt/conf'
import type { QemuState } from '../state.js'
import { type QemuDomain, refOf } from './record.js'
import { Event } from './states.js'

/**
 * Keeps a definition of a guest that is known.
 * @param replaced whether it counts as having had one
 * @throws VirtError when it cannot be written; nothing has changed then
 */
export async function keepDefinition(
  state: QemuState,
  domain: QemuDomain,
  document: Domain,
  replaced: () => boolean,
): Promise<void> {
  await state.configs.save(domain.name, state.documents.configText(document))
  state.domains.change(domain, (change) => {
    const { added, updated, type } = Event.defined
    const detail = replaced() ? updated : added
    if (domain.active) domain.next = document
    else domain.def = document
    domain.persistent = true
    change.emit('domain', 'lifecycle', { dom: refOf(domain), event: type, detail })
  })
}

/** Forgets the definition of a guest, and a guest that does not run with it. @param told whether people are told of that */
export async function dropDefinition(state: QemuState, domain: QemuDomain, told = true): Promise<void> {
  await state.configs.remove(domain.name, domain.autostart || domain.autostartOnce)
  state.domains.change(domain, (change) => {
    const { removed, type } = Event.undefined
    domain.persistent = false
    domain.autostart = false
    domain.autostartOnce = false
    if (told) change.emit('domain', 'lifecycle', { dom: refOf(domain), event: type, detail: removed })
  })
  if (domain.active) return
  state.domains.remove(domain)
  domain.dispose()
}
