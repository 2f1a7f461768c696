// SPDX-License-Identifier: LGPL-2.1-or-later
// Rules over character devices of QEMU guests.
import { ErrorNumber } from '@virt/core'
import type { Pass } from '../../../../runtime/context.js'
import type { ChardevSource, Domain, Serial, SerialTargetModel, SerialTargetType } from '../../../types.gen.js'
import type { QemuPass, QemuScope } from '../host.js'
import { isArm, isLoongarchVirt, isPSeries, isRiscvVirt, isS390, isX86, type Machine, machineOf } from '../machine.js'
import { fail, internalError, unsupported } from '../report.js'

interface Chardev {
  type?: string | undefined
  sources: readonly ChardevSource[]
  protocol?: { type?: string | undefined } | undefined
}

function source({ type, sources, protocol }: Chardev): void {
  const [one] = sources
  if (type === 'tcp') {
    const { type: spoken = 'raw' } = protocol ?? {}
    if (spoken !== 'raw' && spoken !== 'telnet') unsupported(`tcp chardev protocol '${spoken}' not supported`)
  }
  if (type === 'nmdm') unsupported(`unsupported chardev '${type}'`)
  const reconnect = one?.reconnect
  if (reconnect?.enabled !== true) return
  if (one?.mode === 'bind') internalError('chardev reconnect is possible only for connect mode')
  if (reconnect.timeout === 0) fail(ErrorNumber.INVALID_ARG, "chardev reconnect source timeout cannot be '0'")
}

/** Machines that have each kind of serial port; those without entry go by bus. */
const homes: { readonly [type in SerialTargetType]?: (machine: Machine) => boolean } = {
  'isa-serial': isX86,
  'isa-debug': isX86,
  'spapr-vio-serial': isPSeries,
  'system-serial': (machine) => isArm(machine) || isRiscvVirt(machine) || isLoongarchVirt(machine),
  'sclp-serial': isS390,
}

/** The kind each device behind a port belongs to. */
const kinds: { readonly [model in SerialTargetModel]?: SerialTargetType } = {
  'isa-serial': 'isa-serial',
  'usb-serial': 'usb-serial',
  'pci-serial': 'pci-serial',
  'spapr-vty': 'spapr-vio-serial',
  pl011: 'system-serial',
  '16550a': 'system-serial',
  sclpconsole: 'sclp-serial',
  sclplmconsole: 'sclp-serial',
  'isa-debugcon': 'isa-debug',
}

/** Devices that only some QEMU have, which has a capability by their name. */
const serialFlags: ReadonlySet<string> = new Set(['usb-serial', 'pci-serial', 'pl011', 'sclplmconsole'])

/** Address types of the kinds that have any. */
const buses: { readonly [type in SerialTargetType]?: string } = {
  'isa-serial': 'isa',
  'usb-serial': 'usb',
  'pci-serial': 'pci',
  'spapr-vio-serial': 'spapr-vio',
  'isa-debug': 'isa',
}

function serial({ target, address }: Serial, machine: Machine, { caps }: QemuScope): void {
  const { type = 'none', model = 'none' } = target ?? {}
  const kind = kinds[model]
  if (kind !== undefined && kind !== type) unsupported(`Target model '${model}' requires target type '${kind}'`)
  const home = homes[type]
  if (home && !home(machine) && !(type === 'system-serial' && target?.model === undefined))
    unsupported(
      `Serial device with target type '${type}' and target model '${model}' not compatible with guest architecture or machine type`,
    )
  if (model !== 'none' && serialFlags.has(model) && !caps.has(model))
    unsupported(`'${model}' is not supported in this QEMU binary`)
  const bus = buses[type]
  if (type === 'none' || address === undefined || address.type === 'none' || address.type === bus) return
  if (type === 'usb-serial') unsupported('usb-serial requires address of usb type')
  if (bus === undefined) unsupported(`Target type '${type}' cannot have an associated address`)
  unsupported(`Target type '${type}' requires address type '${bus}'`)
}

/** Characters that clients of a SPICE display have the other end of. */
const ofDisplay: ReadonlySet<string | undefined> = new Set(['spicevmc', 'spiceport'])

function displays({ devices }: Domain): void {
  if (!devices || devices.graphics.some(({ type }) => type === 'spice')) return
  const { serials, parallels, channels, consoles, redirdevs, smartcards } = devices
  for (const { type } of [...serials, ...parallels, ...channels, ...consoles, ...redirdevs, ...smartcards])
    if (ofDisplay.has(type)) unsupported(`chardev '${type}' not supported without spice graphics`)
}

function chardevs(domain: Domain, scope: QemuScope): void {
  const { devices } = domain
  const machine = machineOf(domain)
  if (!devices) return
  for (const one of devices.serials) {
    source(one)
    serial(one, machine, scope)
  }
  for (const one of devices.parallels) {
    source(one)
    if (isS390(machine) || isPSeries(machine)) unsupported('parallel ports are not supported')
  }
  for (const one of [...devices.channels, ...devices.consoles, ...devices.redirdevs]) source(one)
  for (const { target } of devices.channels)
    if (target?.type === 'xen') unsupported(`Unsupported channel target type '${target.type}'`)
}

function redirectionFilter({ devices }: Domain, { caps }: QemuScope): void {
  if (devices?.redirfilter && !caps.has('usb-redir.filter'))
    unsupported('USB redirection filter is not supported by this version of QEMU')
}

/** Rules over character devices. */
export function chardevRules(pass: QemuPass): readonly Pass<Domain>[] {
  return [
    pass('character device rules', chardevs),
    pass('rules of displays’ ends', displays),
    pass('rules of the redirection filter', redirectionFilter),
  ]
}
