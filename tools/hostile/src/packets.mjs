// SPDX-License-Identifier: GPL-2.0-or-later
// Packets that are right: what a client says in a session, and what a daemon answers.
import { FrameStatus, FrameType, FrameWriter, Program, procedures, remote } from '@virt/rpc'

const numbers = new Map(procedures().map((p) => [`${p.program}:${p.name}`, p]))
const writer = new FrameWriter()

/** Number of a procedure of the remote program. */
export const numberOf = (name) => numbers.get(`remote:${name}`).number

/** A call, whole. @param args as the protocol has them */
export function call(name, serial, args) {
  const procedure = numbers.get(`remote:${name}`)
  writer.begin(Program.remote, procedure.number, FrameType.call, serial, FrameStatus.ok)
  procedure.args?.encode(writer, args)
  writer.end()
  return writer.take()
}

/** A reply, whole. */
export function reply(name, serial, fields) {
  const procedure = numbers.get(`remote:${name}`)
  writer.begin(Program.remote, procedure.number, FrameType.reply, serial, FrameStatus.ok)
  procedure.ret?.encode(writer, fields)
  writer.end()
  return writer.take()
}

/** A message of keepalive: 1 asks, 2 answers. */
export function keepalive(number) {
  writer.frame(Program.keepalive, number, FrameType.message, 0, FrameStatus.ok)
  return writer.take()
}

/** An event of a domain's life, for callback 0. */
export function lifecycle() {
  writer.begin(Program.remote, numberOf('DOMAIN_EVENT_CALLBACK_LIFECYCLE'), FrameType.message, 0, FrameStatus.ok)
  remote.encodeDomainEventCallbackLifecycleMsg(writer, { callbackID: 0, msg: { dom, event: 3, detail: 0 } })
  writer.end()
  return writer.take()
}

/** The domain that every instance of the test driver has. */
export const dom = { name: 'test', uuid: '6695eb01-f6a4-8304-79aa-97f2502e193f', id: 1 }
const params = { shape: { names: ['vcpu_quota', 'name'], types: [3, 7] }, values: [5n, 'x'] }
const xml = (name) =>
  `<domain type='test'><name>${name}</name><memory unit='KiB'>65536</memory><os><type>hvm</type></os></domain>`

/** What opens a connection. */
export const opening = [
  ['AUTH_LIST', undefined],
  ['CONNECT_SUPPORTS_FEATURE', { feature: 10 }],
  ['CONNECT_OPEN', { name: 'test:///default', flags: 0 }],
]

/** Calls of every kind: lookups, lists, documents, figures, definitions, events. */
export const session = [
  ['CONNECT_GET_LIB_VERSION', undefined],
  ['CONNECT_GET_CAPABILITIES', undefined],
  ['CONNECT_LIST_ALL_DOMAINS', { needResults: 1, flags: 0 }],
  ['CONNECT_GET_ALL_DOMAIN_STATS', { doms: [dom], stats: 0, flags: 0 }],
  ['DOMAIN_LOOKUP_BY_NAME', { name: 'test' }],
  ['DOMAIN_LOOKUP_BY_UUID', { uuid: dom.uuid }],
  ['DOMAIN_GET_INFO', { dom }],
  ['DOMAIN_GET_XML_DESC', { dom, flags: 0 }],
  ['DOMAIN_DEFINE_XML', { xml: xml('hostile') }],
  ['DOMAIN_CREATE_XML', { xmlDesc: xml('passing'), flags: 0 }],
  ['DOMAIN_GET_SCHEDULER_PARAMETERS', { dom, nparams: 16 }],
  ['DOMAIN_SET_SCHEDULER_PARAMETERS', { dom, params }],
  ['DOMAIN_SET_METADATA', { dom, type: 0, metadata: 'm', key: undefined, uri: undefined, flags: 0 }],
  ['CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY', { eventID: 0, dom: undefined }],
  ['CONNECT_LIST_ALL_NETWORKS', { needResults: 1, flags: 0 }],
  ['CONNECT_LIST_ALL_STORAGE_POOLS', { needResults: 1, flags: 0 }],
  ['CONNECT_LIST_ALL_NODE_DEVICES', { needResults: 1, flags: 0 }],
  ['NODE_GET_INFO', undefined],
  ['NODE_GET_CPU_STATS', { cpuNum: -1, nparams: 16, flags: 0 }],
  ['DOMAIN_SNAPSHOT_CREATE_XML', { dom, xmlDesc: '<domainsnapshot/>', flags: 0 }],
]
