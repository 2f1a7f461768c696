// SPDX-License-Identifier: LGPL-2.1-or-later
// Rules over several devices of QEMU guests: panic notices, consoles, displays, TPMs, watchdogs, plugged memory.
import type { Pass } from '../../../../runtime/context.js'
import { hotplugMemory } from '../../../passes/basics.js'
import type { Domain, Panic } from '../../../types.gen.js'
import type { QemuPass, QemuScope } from '../host.js'
import { isPpc64, isPSeries, isS390, isX86, machineOf } from '../machine.js'
import { unsupported } from '../report.js'

const bus = ({ address }: { address?: { type: string } | undefined }): string => address?.type ?? 'none'

function panic(panic: Panic, domain: Domain, { caps }: QemuScope): void {
  const machine = machineOf(domain)
  const where = bus(panic)
  const fixed = () => {
    if (where !== 'none') unsupported(`setting the panic device address is not supported for model '${panic.model}'`)
  }
  switch (panic.model) {
    case 's390':
      if (!isS390(machine)) unsupported("only S390 guests support panic device of model 's390'")
      return fixed()
    case 'hyperv':
      if (!isX86(machine)) unsupported("only i686 and x86_64 guests support panic device of model 'hyperv'")
      return fixed()
    case 'pseries':
      if (!isPSeries(machine)) unsupported("only pSeries guests support panic device of model 'pseries'")
      return fixed()
    case 'isa':
      if (!caps.has('pvpanic')) unsupported('the QEMU binary does not support the ISA panic device')
      if (where !== 'none' && where !== 'isa') unsupported('panic is supported only with ISA address type')
      return
    case 'pvpanic':
      if (!caps.has('pvpanic-pci')) unsupported('the QEMU binary does not support the PCI pvpanic device')
      if (where !== 'none' && where !== 'pci') unsupported('pvpanic is supported only with PCI address type')
      return
    default:
      unsupported('no panic model provided, and no default for the architecture and machine type')
  }
}

function panics(domain: Domain, scope: QemuScope): void {
  for (const one of domain.devices?.panics ?? []) panic(one, domain, scope)
}

function consoles({ devices }: Domain, { caps }: QemuScope): void {
  for (const { target } of devices?.consoles ?? [])
    switch (target?.type) {
      case 'sclp':
        if (!caps.has('s390-sclp')) unsupported('sclpconsole is not supported in this QEMU binary')
        break
      case 'sclplm':
        if (!caps.has('sclplmconsole')) unsupported('sclplmconsole is not supported in this QEMU binary')
        break
      case undefined:
      case 'virtio':
      case 'serial':
        break
      default:
        unsupported(`unsupported console target type ${target?.type}`)
    }
}

const single = new Set<string>(['sdl', 'vnc', 'spice', 'egl-headless', 'dbus', 'rdp'])

function displays({ devices }: Domain): void {
  const seen = new Set<string>()
  for (const { type } of devices?.graphics ?? []) {
    if (single.has(type) && seen.has(type))
      unsupported('only 1 graphics device of each type (sdl, vnc, spice, headless, dbus, rdp) is supported')
    seen.add(type)
  }
}

function tpms({ devices }: Domain): void {
  const all = devices?.tpms ?? []
  const proxies = all.filter(({ model }) => model === 'spapr-tpm-proxy').length
  if (proxies > 1) unsupported('only a single TPM Proxy device is supported')
  if (all.length - proxies > 1) unsupported('only a single TPM non-proxy device is supported')
}

function watchdogs({ devices }: Domain): void {
  const [first, ...others] = devices?.watchdogs ?? []
  if (others.some(({ action }) => action !== first?.action))
    unsupported('watchdogs with different actions are not supported with this QEMU binary')
  const seen = new Set<string>()
  for (const { model } of devices?.watchdogs ?? []) {
    if (model !== 'i6300esb' && seen.has(model)) unsupported(`domain can only have one watchdog with model '${model}'`)
    seen.add(model)
  }
}

/**
 * What QEMU guests may do when they power down, reset or panic.
 * @throws VirtError `config-unsupported` naming what they may not
 * @since 0.1.0
 */
export function checkQemuLifecycle({ on_poweroff: off, on_reboot: reset, on_crash: crash }: Domain): void {
  const refuse = (action: string, ...where: string[]): never =>
    unsupported(`qemu driver doesn't support the '${action}' action for ${where.map((one) => `'${one}'`).join('/')}`)
  if (off === 'preserve' || reset === 'preserve') refuse('preserve', 'on_reboot', 'on_poweroff')
  if ([off, reset, crash].includes('rename-restart')) refuse('rename-restart', 'on_reboot', 'on_poweroff', 'on_crash')
  // parity: the mark that is missing here is missing there.
  if (off === 'restart' && reset === 'destroy')
    unsupported("qemu driver doesn't support 'onReboot' set to 'destroy and 'onPoweroff' set to 'reboot'")
}

/** Models that take a slot for plugged memory. */
const inSlots = new Set(['dimm', 'nvdimm'])

function memory(domain: Domain): void {
  const devices = domain.devices?.memorys ?? []
  const plugged = devices.filter(({ model }) => model !== 'sgx-epc')
  const max = domain.maxMemory?.value ?? 0n
  if (max === 0n) {
    if (plugged.length > 0) unsupported("cannot use/hotplug a memory device when domain 'maxMemory' is not defined")
    return
  }
  const needsCells = !isPpc64(machineOf(domain))
  if (needsCells && (domain.cpu?.numa?.cells.length ?? 0) === 0)
    unsupported('At least one numa node has to be configured when enabling memory hotplug')
  const slots = domain.maxMemory?.slots ?? 0
  const count = devices.filter(({ model }) => inSlots.has(model)).length
  if (count > slots) unsupported(`memory device count '${count}' exceeds slots count '${slots}'`)
  for (const device of devices) {
    const { model, address, target } = device
    if (model === 'virtio-mem' && needsCells && target?.node === undefined)
      unsupported('target NUMA node needs to be specified for memory device')
    if (!inSlots.has(model)) continue
    const where = bus(device)
    if (model === 'dimm' && where !== 'none' && where !== 'dimm')
      unsupported("only 'dimm' addresses are supported for the pc-dimm device")
    if (address?.type === 'dimm' && (address.slot ?? 0) >= slots)
      unsupported(`memory device slot '${address.slot}' exceeds slots count '${slots}'`)
    if (needsCells && target?.node === undefined)
      unsupported('target NUMA node needs to be specified for memory device')
  }
  const initial = (domain.memory?.value ?? 0n) - hotplugMemory(domain)
  if (hotplugMemory(domain) > max - initial) unsupported('memory device total size exceeds hotplug space')
}

/** Rules over the devices together. */
export function wholeRules(pass: QemuPass): readonly Pass<Domain>[] {
  return [
    pass('life cycle rules', checkQemuLifecycle),
    pass('panic rules', panics),
    pass('console rules', consoles),
    pass('display rules', displays),
    pass('TPM rules', tpms),
    pass('watchdog rules', watchdogs),
    pass('memory rules', memory),
  ]
}
