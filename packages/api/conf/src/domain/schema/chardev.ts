// SPDX-License-Identifier: LGPL-2.1-or-later
// Character devices: serial, parallel, console, channel and the sources they share with smart cards, RNGs and redirection.
import {
  attr,
  type Complaint,
  child,
  children,
  type Element,
  element,
  type Field,
  type Fields,
  only,
} from '../../lang/field.js'
import { absolutePath, untilFinish } from '../../lang/forms.js'
import { int, oneOf, onOff, text, type Value, yesNo } from '../../lang/value.js'
import type { PrintContext, ReadContext } from '../../runtime/context.js'
import type { ChardevProtocol, ChardevSource } from '../types.gen.js'
import { deviceInfo, deviceSeclabel, unsupported } from './device.js'
import { reconnect } from './storage.js'

export const chardevType: Value = oneOf(
  'null',
  'vc',
  'pty',
  'dev',
  'file',
  'pipe',
  'stdio',
  'udp',
  'tcp',
  'unix',
  'spicevmc',
  'spiceport',
  'nmdm',
  'qemu-vdagent',
  'dbus',
)

/** One `<source>`; UDP has two, for each direction. */
export const chardevSource: Element = element('source', {
  mode: attr(oneOf('connect', 'bind')),
  path: attr(text).if(
    (_source: never, context: PrintContext) => !(context.has('inactive') && context.parents.at(-1)?.type === 'pty'),
  ),
  host: attr(text),
  service: attr(text),
  tls: attr(yesNo),
  tlsFromConfig: attr(oneOf('0', '1')).when('status'),
  channel: attr(text),
  master: attr(text),
  slave: attr(text),
  append: attr(onOff),
  reconnect: child(reconnect),
  clipboard: child(element('clipboard', { copypaste: attr(yesNo).required() })),
  mouse: child(element('mouse', { mode: attr(oneOf('server', 'client')).required() })),
  seclabels: children(deviceSeclabel),
}).if(
  (source: ChardevSource, context: PrintContext) =>
    source.path !== undefined || context.parents.at(-1)?.type !== 'unix',
)

const protocol: Value = oneOf('raw', 'telnet', 'telnets', 'tls')
export const chardevProtocol: Element = element('protocol', {
  type: attr(untilFinish(protocol)),
}).finish((one: ChardevProtocol, context: ReadContext) => {
  if (one.type === undefined || protocol.members?.includes(one.type)) return
  // Nobody looks at what other backends speak.
  if (context.parent()?.type === 'tcp')
    context.reject(`Invalid value for attribute 'type' in element 'protocol': '${one.type as string}'.`)
  one.type = undefined
})
export const chardevLog: Element = element('log', { file: attr(absolutePath), append: attr(onOff) })

/** libvirt's error about a type of backend it does not know. */
export const unknownBackend: Complaint = {
  number: unsupported,
  message: 'unknown type presented to host for character device: %s',
}

/** Type and everything that says where the characters go. */
export const chardevBackend: Fields = {
  type: attr(chardevType),
  tty: attr(text).when('live'),
  sources: children(chardevSource).as('source'),
  protocol: child(chardevProtocol).once('only one protocol element is allowed for character device'),
  log: child(chardevLog).once('only one log element is allowed for character device'),
}

/** The backend of a device of its own, whose type strict checking wants. */
const ownBackend: Fields = { ...chardevBackend, type: attr(chardevType).must().bad(unknownBackend) }
const unknownTarget = { number: unsupported, message: "unknown target type '%s' specified for character device" }
/** A number, though libvirt's grammar takes any text. */
const targetPort: Value = { ...int, strict: () => true }
const portField = (): Field => attr(targetPort).bad('Invalid port number: %s')

export const serialTargetType: Value = oneOf(
  'none',
  'isa-serial',
  'usb-serial',
  'pci-serial',
  'spapr-vio-serial',
  'system-serial',
  'sclp-serial',
  'isa-debug',
)
export const serialTargetModel: Value = oneOf(
  'none',
  'isa-serial',
  'usb-serial',
  'pci-serial',
  'spapr-vty',
  'pl011',
  '16550a',
  'sclpconsole',
  'sclplmconsole',
  'isa-debugcon',
)

export const serialTarget: Element = element('target', {
  type: attr(serialTargetType).omit('none').bad(unknownTarget),
  port: portField(),
  model: only('name', serialTargetModel)
    .omit('none')
    .bad({ number: unsupported, message: "unknown target model '%s' specified for character device" }),
})
export const serial: Element = element('serial', { ...ownBackend, target: child(serialTarget), ...deviceInfo })

export const parallel: Element = element('parallel', {
  ...ownBackend,
  target: child(element('target', { port: portField() })),
  ...deviceInfo,
})

export const consoleTargetType: Value = oneOf(
  'none',
  'serial',
  'xen',
  'uml',
  'virtio',
  'lxc',
  'openvz',
  'sclp',
  'sclplm',
)
export const consoleTarget: Element = element('target', {
  type: attr(consoleTargetType).bad(unknownTarget),
  port: portField(),
})
export const console: Element = element('console', { ...ownBackend, target: child(consoleTarget), ...deviceInfo })

/** A number that is kept as it was said. */
const decimal: Value = {
  ...text,
  parse: (raw) => (/^\s*\d+$/.test(raw) ? raw.trim() : undefined),
  expected: '. Expected non-negative integer value',
}

export const channelTarget: Element = element('target', {
  type: attr(oneOf('guestfwd', 'virtio', 'xen'))
    .required({ number: unsupported, message: "unknown target type '(null)' specified for character device" })
    .bad(unknownTarget),
  address: attr(text).where('type', 'guestfwd').must(),
  port: attr(decimal).where('type', 'guestfwd').must(),
  name: attr(text).where('type', 'virtio', 'xen'),
  state: attr(oneOf('default', 'connected', 'disconnected'))
    .where('type', 'virtio')
    .when('live')
    .omit('default'),
})
export const channel: Element = element('channel', {
  ...ownBackend,
  target: child(channelTarget).required('target type must be specified for channel device'),
  ...deviceInfo,
})
