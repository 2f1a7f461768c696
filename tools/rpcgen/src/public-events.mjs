// SPDX-License-Identifier: GPL-2.0-or-later
// core/src/api-events.gen.ts: every event under its public name, with its listener's arguments.
import { buildEvents } from './events.mjs'
import { header, quote } from './names.mjs'
import { handleOf, outValue } from './public.mjs'

/** Fields of event payloads that are enums. */
const enums = {
  'network.lifecycle.event': 'NetworkEventLifecycleType',
  'storagePool.lifecycle.event': 'StoragePoolEventLifecycleType',
  'nodeDevice.lifecycle.event': 'NodeDeviceEventLifecycleType',
  'secret.lifecycle.event': 'SecretEventLifecycleType',
  'domain.watchdog.action': 'DomainEventWatchdogAction',
  'domain.ioError.action': 'DomainEventIOErrorAction',
  'domain.ioErrorReason.action': 'DomainEventIOErrorAction',
  'domain.graphics.phase': 'DomainEventGraphicsPhase',
  'domain.blockJob.type': 'DomainBlockJobType',
  'domain.blockJob.status': 'ConnectDomainEventBlockJobStatus',
  'domain.blockJob2.type': 'DomainBlockJobType',
  'domain.blockJob2.status': 'ConnectDomainEventBlockJobStatus',
  'domain.diskChange.reason': 'ConnectDomainEventDiskChangeReason',
  'domain.trayChange.reason': 'DomainEventTrayChangeReason',
  'domain.agentLifecycle.state': 'ConnectDomainEventAgentLifecycleState',
  'domain.agentLifecycle.reason': 'ConnectDomainEventAgentLifecycleReason',
  'domain.metadataChange.type': 'DomainMetadataType',
  'network.metadataChange.type': 'NetworkMetadataType',
  'domain.memoryFailure.recipient': 'DomainMemoryFailureRecipientType',
  'domain.memoryFailure.action': 'DomainMemoryFailureActionType',
}
/** `lifecycle` of a domain has a detail enum for each type. */
const details = [
  'Defined',
  'Undefined',
  'Started',
  'Suspended',
  'Resumed',
  'Stopped',
  'Shutdown',
  'PMSuspended',
  'Crashed',
]

export function emitPublicEvents(spec) {
  const structs = new Map()
  const events = buildEvents(spec).filter((e) => e.family !== 'connection')
  const rows = []
  const types = []
  for (const e of events) {
    const name =
      e.family === 'domain'
        ? e.key
        : e.family === 'qemuMonitor'
          ? 'qemuMonitor'
          : `${e.family}${e.key[0].toUpperCase()}${e.key.slice(1)}`
    const subject = e.fields.find((f) => f.name === e.subject)
    const kind = handleOf[subject.v.type]
    const lifecycle = e.family === 'domain' && e.key === 'lifecycle'
    const fields = lifecycle ? [] : e.fields.filter((f) => f !== subject)
    const context = { used: { structs: { add: (v) => structs.set(v.type, v) } } }
    const parts = fields.map((f) => ({
      name: f.name === 'event' && e.family !== 'qemuMonitor' ? 'type' : f.name,
      ...outValue(f.v, `p.${f.name}`, enums[`${e.family}.${e.key}.${f.name}`], context),
    }))
    const type = lifecycle
      ? 'DomainLifecycle'
      : parts.length
        ? `{ ${parts.map((p) => `${p.name}: ${p.type}`).join('; ')} }`
        : '{}'
    types.push(
      `  /** \`${e.idName}\` */\n  ${name}: [${kind[0].toLowerCase()}${kind.slice(1)}: HandleTypes[${quote(kind)}], event: ${type}]`,
    )
    const convert = lifecycle ? 'domainLifecycle(p)' : `({ ${parts.map((p) => `${p.name}: ${p.expr}`).join(', ')} })`
    rows.push(
      `  ${name}: { family: ${quote(e.family)}, id: ${e.id}, kind: ${quote(kind)}, subject: ${quote(e.subject)}, convert: (payload) => { const p = payload as spi.${e.type}; void p; return ${convert} } },`,
    )
  }
  return `${header('public events')}
import * as enums from './enums.gen.js'
import { type EnumText, enumText, type PlainParams, toPlain } from './plain.js'
import type { HandleTypes } from './handle.js'
import { ${[...structs.keys()].map((n) => `type Plain${n}, plain${n}`).join(', ')} } from './api.gen.js'
import type * as spi from './spi.gen.js'

/** A domain's change of state: what happened, and why. */
export type DomainLifecycle =
${details.map((d) => `  | { type: ${quote(d === 'PMSuspended' ? 'pmsuspended' : d.toLowerCase())}; detail: EnumText<typeof enums.DomainEvent${d}DetailType> }`).join('\n')}
const lifecycleDetails: readonly object[] = [${details.map((d) => `enums.DomainEvent${d}DetailType`).join(', ')}]

function domainLifecycle(p: spi.DomainEventLifecycle): DomainLifecycle {
  const detail = enumText(lifecycleDetails[p.event] ?? {}, p.detail)
  return { type: enumText(enums.DomainEventType, p.event), detail } as DomainLifecycle
}

/** Arguments of the listeners of every event that a driver may send. */
export interface DriverEvents {
${types.join('\n')}
}

/** How each public event is subscribed and converted. */
export const driverEvents: { readonly [K in keyof DriverEvents]: { readonly family: spi.EventFamily; readonly id: number; readonly kind: keyof HandleTypes; readonly subject: string; convert(payload: unknown): object } } = {
${rows.join('\n')}
}
`
}
