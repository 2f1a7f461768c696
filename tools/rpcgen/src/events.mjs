// SPDX-License-Identifier: GPL-2.0-or-later
// The event model: one record per event id, with the message of the callback style and, where it exists, the older one.

import { fieldName, refs, spiValue } from './model.mjs'
import { camel, pascal } from './names.mjs'

const families = {
  domain: 'domain',
  network: 'network',
  storage_pool: 'storagePool',
  node_device: 'nodeDevice',
  secret: 'secret',
  connection: 'connection',
}

export function buildEvents({ programs }) {
  const remote = programs.remote
  const byId = new Map()
  const all = [
    ...remote.procedures.map((p) => [remote, p, 'remote']),
    ...programs.qemu.procedures.map((p) => [programs.qemu, p, 'qemu']),
  ]
  for (const [program, p, programName] of all) {
    if (p.kind !== 'event') continue
    const def = program.types[p.msg]
    const family = programName === 'qemu' ? 'qemuMonitor' : families[p.event.family]
    const idName = p.event?.eventId ?? (programName === 'qemu' ? 'QEMU_MONITOR_EVENT' : 'CONNECTION_CLOSED')
    const key = `${family}:${idName}`
    const modern = def.fields[0].name === 'callbackID'
    const nested = def.fields.find((f) => f.name === 'msg')
    const flat = []
    for (const f of def.fields) {
      if (f.name === 'callbackID') continue
      if (f === nested)
        for (const inner of remote.types[f.type.name].fields)
          flat.push({ field: inner.name, name: fieldName(inner.name), v: spiValue(program, remote, inner.type) })
      else
        flat.push({
          field: f.name,
          name: fieldName(f.name),
          v: spiValue(program, remote, f.type),
          outer: Boolean(nested),
        })
    }
    const e = byId.get(key) ?? {
      family,
      idName,
      id: p.event?.eventIdValue ?? 0,
      key: camel(idName.replace(/^VIR_[A-Z_]*?EVENT_ID_/, '')),
    }
    const record = { procedure: p, program: programName, msg: p.msg, nested: nested?.type.name, fields: flat }
    if (modern) e.modern = record
    else e.legacy = record
    if (modern || !e.fields) e.fields = flat
    e.subject = flat.find((f) => f.v.kind === 'ref' && refs[f.v.struct])?.name
    byId.set(key, e)
  }
  return [...byId.values()].map((e) => ({
    ...e,
    type: `${e.family === 'qemuMonitor' ? 'QemuMonitor' : e.family[0].toUpperCase() + e.family.slice(1)}Event${e.family === 'qemuMonitor' ? '' : pascal(e.idName.replace(/^VIR_[A-Z_]*?EVENT_ID_/, ''))}`,
  }))
}
