// SPDX-License-Identifier: LGPL-2.1-or-later
// Definitions: making, changing and dropping guests, and their XML.
import type { Domain } from '@virt/conf'
import {
  type Answer,
  after,
  type Call,
  type DomainRef,
  permitted,
  type Resolvers,
  type SlotMethods,
  type SlotTable,
} from '@virt/core'
import { dropDefinition, keepDefinition } from '../domain/definition.js'
import { movable } from '../domain/movable.js'
import { owner, recordFor, subjectOf } from '../domain/owner.js'
import { type QemuDomain, refOf } from '../domain/record.js'
import { Event } from '../domain/states.js'
import { invalidArg, operationInvalid } from '../errors.js'
import { emulatedTpm, keepsTpm, removeTpm } from '../helpers/tpm.js'
import { dropVariables, hasVariables } from '../process/firmware-variables.js'
import { asAsked } from '../process/live-cpu.js'
import { pretendedCommand } from '../process/pretend.js'
import { commandText } from '../process/start-text.js'
import { removeManaged } from '../save/managed.js'
import type { QemuState } from '../state.js'

const Flag = {
  defineValidate: 1,
  undefineManagedSave: 1,
  undefineNvram: 4,
  undefineKeepNvram: 8,
  undefineTpm: 0x20,
  undefineKeepTpm: 0x40,
  secure: 1,
  inactive: 2,
  migratable: 8,
} as const

export const defineSupport: SlotTable = {
  domainDefineXML: {},
  domainDefineXMLFlags: { flags: Flag.defineValidate, fn: 'qemuDomainDefineXMLFlags' },
  domainUndefine: {},
  domainUndefineFlags: { flags: 0x7f, fn: 'qemuDomainUndefineFlags' },
  domainGetXMLDesc: { flags: 0xf, fn: 'qemuDomainGetXMLDesc' },
  domainGetAutostart: {},
  domainSetAutostart: {},
  connectDomainXMLToNative: { flags: 0, fn: 'qemuConnectDomainXMLToNative' },
}

/** Keeps a definition: on disk first, then in the record. */
function keep(state: QemuState, call: Call, document: Domain): Promise<QemuDomain> {
  const existing = owner(state, document, false)
  if (existing === undefined) return keepNew(state, document)
  return existing.jobs.run(call, 'modify', async () => {
    // parity: a guest that runs on after its definition was dropped counts as having one.
    await keepDefinition(state, existing, document, () => !existing.active || existing.hasNext)
    return existing
  })
}

async function keepNew(state: QemuState, document: Domain): Promise<QemuDomain> {
  const domain = recordFor(state, document)
  domain.persistent = true
  // The name is taken from here on.
  state.domains.add(domain)
  try {
    await state.configs.save(domain.name, state.documents.configText(document))
  } catch (error) {
    state.domains.remove(domain)
    domain.dispose()
    throw error
  }
  state.domains.change(domain, (change) =>
    change.emit('domain', 'lifecycle', { dom: refOf(domain), event: Event.defined.type, detail: Event.defined.added }),
  )
  return domain
}

/** Whether the state of its TPM outlasts a guest's definition. */
function keepsState(domain: QemuDomain, flags: number): boolean {
  if (flags & Flag.undefineTpm) return false
  return (flags & Flag.undefineKeepTpm) !== 0 || keepsTpm(domain.config)
}

/** Files that are to go and to stay at once. */
const contradictions = [
  [Flag.undefineNvram | Flag.undefineKeepNvram, 'nvram'],
  [Flag.undefineTpm | Flag.undefineKeepTpm, 'TPM'],
] as const

async function undefine(state: QemuState, call: Call, domain: QemuDomain, flags: number): Promise<void> {
  const both = contradictions.find(([pair]) => (flags & pair) === pair)
  if (both !== undefined) throw operationInvalid(`cannot both keep and delete ${both[1]}`)
  await domain.jobs.run(call, 'modify', async () => {
    if (!domain.persistent) throw operationInvalid('cannot undefine transient domain')
    if (domain.managedSave) {
      if (!(flags & Flag.undefineManagedSave))
        throw operationInvalid('Refusing to undefine while domain managed save image exists')
      await removeManaged(state, domain)
    }
    // parity: also the file of a guest that runs goes, and is there no more when it starts again.
    if ((flags & Flag.undefineKeepNvram) === 0 && hasVariables(domain.def))
      await dropVariables(domain.def, (flags & Flag.undefineNvram) !== 0)
    if (!domain.active && emulatedTpm(domain.config) !== undefined && !keepsState(domain, flags))
      await removeTpm(state, domain.config)
    await dropDefinition(state, domain)
  })
}

export function defineSlots(state: QemuState): SlotMethods & Resolvers {
  const define = (call: Call, xml: string, flags: number): Answer<DomainRef> =>
    after(state.readNew(xml, (flags & Flag.defineValidate) !== 0), (document) =>
      permitted(call, subjectOf(document), flags, () => keep(state, call, document).then(refOf)),
    )
  return {
    async connectDomainXMLToNative(_call, format, xml) {
      if (format !== 'qemu-argv') throw invalidArg(`unsupported config type ${format}`)
      return commandText(await pretendedCommand(state, xml))
    },
    domainDefineXML: (call, xml) => define(call, xml, 0),
    domainDefineXMLFlags: define,
    domainUndefine: (call, domain: QemuDomain): Answer<void> => undefine(state, call, domain, 0),
    domainUndefineFlags: (call, domain: QemuDomain, flags) => undefine(state, call, domain, flags),
    domainGetXMLDesc(_call, domain: QemuDomain, flags) {
      const inactive = (flags & Flag.inactive) !== 0
      const secure = (flags & Flag.secure) !== 0
      if ((flags & Flag.migratable) === 0) return domain.xml(inactive, { inactive: inactive || !domain.active, secure })
      // Without what was chosen for this run, here.
      const document = movable(inactive ? domain.config : asAsked(domain), state.paths.channels)
      // A guest that moves takes its passwords along.
      return state.documents.print(document, -1, { inactive: true, secure: true, migratable: true })
    },
    domainGetAutostart: (_call, domain: QemuDomain) => domain.autostart,
    async domainSetAutostart(call, domain: QemuDomain, autostart) {
      await domain.jobs.run(call, 'modify', async () => {
        if (!domain.persistent) throw operationInvalid('cannot set autostart for transient domain')
        if (domain.autostart === autostart) return
        await state.configs.setAutostart(domain.name, autostart)
        state.domains.change(domain, () => {
          domain.autostart = autostart
        })
      })
    },
  }
}
