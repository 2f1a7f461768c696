// SPDX-License-Identifier: LGPL-2.1-or-later
// Changes of a definition that need no whole document: name, notes, what follows an end.
import { checkQemuLifecycle, type Domain } from '@virt/conf'
import {
  type Call,
  ErrorDomain,
  ErrorNumber,
  type Resolvers,
  type SlotMethods,
  type SlotTable,
  virtError,
} from '@virt/core'
import { checkNoteType, domainNotes, noteOf, withNote } from '@virt/stateful'
import { documentOf, modifyDomain } from '../domain/modify.js'
import { type QemuDomain, refOf } from '../domain/record.js'
import { Event } from '../domain/states.js'
import { operationInvalid, qemuError } from '../errors.js'
import { setResetAction } from '../process/reset-action.js'
import type { QemuState } from '../state.js'

const affect = 3

export const defineMoreSupport: SlotTable = {
  domainGetAutostartOnce: {},
  domainSetAutostartOnce: {},
  domainRename: { flags: 0, fn: 'qemuDomainRename' },
  domainGetMetadata: { flags: affect, fn: 'qemuDomainGetMetadata' },
  domainSetMetadata: { flags: affect, fn: 'qemuDomainSetMetadata' },
  domainSetLifecycleAction: { flags: affect, fn: 'qemuDomainSetLifecycleAction' },
}

/** `virDomainMetadataType` */
const _Note = { description: 0, title: 1, element: 2 } as const

function domainError(number: number, detail: string): Error {
  return virtError(number, ErrorDomain.DOMAIN, detail)
}

/** `virDomainLifecycle` and `virDomainLifecycleAction` by number. */
const lifecycles = ['on_poweroff', 'on_reboot', 'on_crash'] as const
const actions = ['destroy', 'restart', 'rename-restart', 'preserve', 'coredump-destroy', 'coredump-restart'] as const

function lifecycleChange(
  type: number,
  number: number,
): { key: (typeof lifecycles)[number]; action: (typeof actions)[number] } {
  const [key, action] = [lifecycles[type], actions[number]]
  if (key === undefined) throw domainError(ErrorNumber.INVALID_ARG, `invalid lifecycle type '${type}'`)
  if (action === undefined) throw domainError(ErrorNumber.INVALID_ARG, `invalid lifecycle action '${number}'`)
  if (key !== 'on_crash' && action.startsWith('coredump-'))
    throw domainError(
      ErrorNumber.CONFIG_UNSUPPORTED,
      `Lifecycle event '${key.slice('on_'.length)}' doesn't support '${action}' action`,
    )
  return { key, action }
}

async function rename(state: QemuState, call: Call, domain: QemuDomain, name: string): Promise<void> {
  await domain.jobs.run(call, 'modify', async () => {
    if (domain.active) throw operationInvalid('cannot rename active domain')
    if (!domain.persistent) throw operationInvalid('cannot rename a transient domain')
    if (domain.managedSave) throw operationInvalid("domain with a managed saved state can't be renamed")
    if (name.includes('/')) throw qemuError(ErrorNumber.XML_ERROR, `name ${name} cannot contain '/'`)
    const { domains, configs } = state
    const before = domain.name
    if (name === before) throw domainError(ErrorNumber.OPERATION_INVALID, "Can't rename domain to itself")
    if (domains.byName(name) !== undefined)
      throw domainError(ErrorNumber.OPERATION_INVALID, `domain with name '${name}' already exists`)
    const document = { ...domain.def, name }
    // The name is taken from here on; a daemon that ends between the two files has both, and the new one is as good as the old.
    domains.change(domain, () => {
      domain.def = document
    })
    try {
      await configs.save(name, state.documents.configText(document))
      await configs.setAutostart(name, domain.autostart)
      await configs.setAutostartOnce(name, domain.autostartOnce)
      await configs.synced()
      await configs.remove(before)
    } catch (error) {
      domains.change(domain, () => {
        domain.def = { ...document, name: before }
      })
      await configs.remove(name).catch(() => {})
      throw error
    }
    domains.change(domain, (change) => {
      const emit = (named: string, { type, renamed }: { type: number; renamed: number }): void =>
        change.emit('domain', 'lifecycle', { dom: { ...refOf(domain), name: named }, event: type, detail: renamed })
      emit(before, Event.undefined)
      emit(name, Event.defined)
    })
  })
}

export function defineMoreSlots(state: QemuState): SlotMethods & Resolvers {
  return {
    domainGetAutostartOnce: (_call, domain: QemuDomain) => domain.autostartOnce,
    async domainSetAutostartOnce(call, domain: QemuDomain, on) {
      await domain.jobs.run(call, 'modify', async () => {
        if (!domain.persistent) throw operationInvalid('cannot set autostart for transient domain')
        if (domain.autostartOnce === on) return
        await state.configs.setAutostartOnce(domain.name, on)
        state.domains.change(domain, () => {
          domain.autostartOnce = on
        })
      })
    },
    async domainRename(call, domain: QemuDomain, name = '') {
      await rename(state, call, domain, name)
      return 0
    },
    domainGetMetadata(_call, domain: QemuDomain, type, uri, flags) {
      checkNoteType(domainNotes, type)
      return noteOf(domainNotes, documentOf(domain, flags), type, uri)
    },
    async domainSetMetadata(call, domain: QemuDomain, type, text, key, uri, flags) {
      const changed = (document: Domain): Domain => withNote(domainNotes, document, type, text, key, uri)
      await modifyDomain(state, call, domain, flags, {
        checkLive: (document) => void changed(document),
        live: () => changed,
        config: changed,
      })
      state.domains.change(domain, (change) =>
        change.emit('domain', 'metadataChange', { dom: refOf(domain), type, nsuri: uri }),
      )
    },
    async domainSetLifecycleAction(call, domain: QemuDomain, type, number, flags) {
      const { key, action } = lifecycleChange(type, number)
      const changed = (document: Domain): Domain => {
        const next = { ...document, [key]: action }
        checkQemuLifecycle(next)
        return next
      }
      await modifyDomain(state, call, domain, flags, {
        checkLive: (document) => void changed(document),
        async live(document, { facts, monitor }) {
          const next = changed(document)
          await setResetAction(next, facts.caps, monitor, document)
          return changed
        },
        config: changed,
      })
    },
  }
}
