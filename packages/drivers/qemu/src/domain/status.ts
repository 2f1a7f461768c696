// SPDX-License-Identifier: LGPL-2.1-or-later
// What a new daemon needs to go on with a guest that runs: libvirt's <domstatus> document.
import { type DocumentHooks, type DocumentKind, type Domain, documentKind, domain, fields, values } from '@virt/conf'
import { ErrorDomain, ErrorNumber, virtError } from '@virt/core'
import { stateOfTexts, stateTexts } from './states.js'

const { attr, child, element, leaf, wrapped } = fields
const { int, text, uint, yesNo } = values

const place = element('place', { path: attr(text) })
const counter = element('counter', { index: attr(uint) })

/** The document, as it is read and written. */
interface StatusDocument {
  readonly state?: string | undefined
  readonly reason?: string | undefined
  readonly pid?: number | undefined
  readonly monitor?: { readonly path?: string | undefined; readonly type?: string | undefined } | undefined
  readonly vcpus?: readonly { readonly id?: number | undefined; readonly pid?: number | undefined }[] | undefined
  readonly qemuCaps?: readonly { readonly name?: string | undefined }[] | undefined
  readonly job?: { readonly type?: string | undefined; readonly async?: string | undefined } | undefined
  readonly devices?: readonly { readonly alias?: string | undefined }[] | undefined
  readonly libDir?: { readonly path?: string | undefined } | undefined
  readonly channelTargetDir?: { readonly path?: string | undefined } | undefined
  readonly allowReboot?: { readonly value?: boolean | undefined } | undefined
  readonly fakereboot?: string | undefined
  readonly nodename?: { readonly index?: number | undefined } | undefined
  readonly agentTimeout?: number | undefined
  readonly domain?: Domain | undefined
}

const root = element('domstatus', {
  state: attr(text),
  reason: attr(text),
  pid: attr(int),
  monitor: child(element('monitor', { path: attr(text), type: attr(text) })),
  vcpus: wrapped('vcpus', element('vcpu', { id: attr(uint), pid: attr(int) })),
  qemuCaps: wrapped('qemuCaps', element('flag', { name: attr(text) })),
  job: child(element('job', { type: attr(text), async: attr(text) })),
  devices: wrapped('devices', element('device', { alias: attr(text) })),
  libDir: child(place).as('libDir'),
  channelTargetDir: child(place).as('channelTargetDir'),
  allowReboot: child(element('allowReboot', { value: attr(yesNo) })),
  fakereboot: leaf(text),
  nodename: child(counter).as('nodename'),
  agentTimeout: leaf(int),
  domain: child(domain.root),
})

const kind: DocumentKind<StatusDocument> = documentKind<StatusDocument>({
  root,
  domain: ErrorDomain.DOMAIN,
  modes: { status: true, actualNet: true, pciOrigStates: true, clockAdjust: true, secure: true },
})

/** What is kept of a guest that runs. */
export interface Status {
  readonly state: number
  readonly reason: number
  readonly pid: number
  readonly monitorPath: string
  readonly vcpus: readonly { readonly id: number; readonly thread: number }[]
  /** What its QEMU can do, by libvirt's names: the program may be another one by now. */
  readonly flags: readonly string[]
  /** Names in status files of the short and the long job that it was in. */
  readonly job: { readonly type: string; readonly async: string } | undefined
  readonly devices: readonly string[]
  readonly libFolder: string
  readonly channelFolder: string
  readonly rebooting: boolean
  readonly nodes: number
  readonly document: Domain
}

/** Writes it down. */
export function printStatus(status: Status, id: number, hooks: DocumentHooks): string {
  const { job } = status
  return kind.print(
    {
      ...stateTexts(status.state, status.reason),
      pid: status.pid,
      monitor: { path: status.monitorPath, type: 'unix' },
      vcpus: status.vcpus.map((vcpu) => ({ id: vcpu.id, pid: vcpu.thread })),
      qemuCaps: status.flags.map((name) => ({ name })),
      ...(job === undefined ? {} : { job }),
      devices: status.devices.map((alias) => ({ alias })),
      libDir: { path: status.libFolder },
      channelTargetDir: { path: status.channelFolder },
      allowReboot: { value: true },
      ...(status.rebooting ? { fakereboot: 'yes' } : {}),
      nodename: { index: status.nodes },
      agentTimeout: -2,
      domain: { ...status.document, id },
    },
    { hooks },
  )
}

/** Reads it back. @throws VirtError when it is no status, or lacks what nobody can go on without */
export function parseStatus(xml: string, hooks: DocumentHooks): Status & { readonly id: number } {
  const read = kind.parse(xml, { hooks, raw: true })
  const state = stateOfTexts(read.state ?? '', read.reason ?? 'unknown')
  const { domain: document, monitor } = read
  if (state === undefined) throw bad(`invalid domain state '${read.state ?? ''}' or reason '${read.reason ?? ''}'`)
  if (document?.id === undefined) throw bad('missing id of the domain')
  if (monitor?.path === undefined) throw bad('no monitor path')
  const { id, ...rest } = document
  return {
    ...state,
    id,
    pid: read.pid ?? 0,
    monitorPath: monitor.path,
    vcpus: (read.vcpus ?? []).map((vcpu) => ({ id: vcpu.id ?? 0, thread: vcpu.pid ?? 0 })),
    flags: (read.qemuCaps ?? []).flatMap(({ name }) => (name === undefined ? [] : [name])),
    job: read.job === undefined ? undefined : { type: read.job.type ?? 'none', async: read.job.async ?? 'none' },
    devices: (read.devices ?? []).flatMap(({ alias }) => (alias === undefined ? [] : [alias])),
    libFolder: read.libDir?.path ?? '',
    channelFolder: read.channelTargetDir?.path ?? '',
    rebooting: read.fakereboot === 'yes',
    nodes: read.nodename?.index ?? 0,
    document: rest,
  }
}

function bad(detail: string): Error {
  return virtError(ErrorNumber.INTERNAL_ERROR, ErrorDomain.DOMAIN, detail)
}
