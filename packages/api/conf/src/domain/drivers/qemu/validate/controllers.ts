// SPDX-License-Identifier: LGPL-2.1-or-later
// Rules over controllers of QEMU guests.
import type { Pass } from '../../../../runtime/context.js'
import type {
  Controller,
  ControllerPci,
  ControllerScsi,
  Domain,
  PciControllerModel,
  PciControllerTarget,
} from '../../../types.gen.js'
import { hasBuiltInScsi } from '../defaults/models.js'
import type { QemuPass, QemuScope } from '../host.js'
import { isI440FX, isPSeries, type Machine, machineOf } from '../machine.js'
import { unsupported } from '../report.js'
import { checkThread, checkThreadMapping } from './iothreads.js'

/** Whether an IDE controller is part of the board. */
const hasIde = (machine: Machine): boolean =>
  isI440FX(machine) || ['malta', 'sun4u', 'g3beige', 'mac99'].includes(machine.machine)

function ide({ index }: Controller, machine: Machine): void {
  if (hasIde(machine)) {
    if (index !== 0) unsupported('Only a single IDE controller is supported for this machine type')
  } else unsupported('IDE controllers are unsupported for this QEMU binary or machine type')
}

/** Adapters that QEMU has, with the capability that says so. */
const adapters: Readonly<Record<string, string | undefined>> = {
  ibmvscsi: undefined,
  ncr53c90: 'ncr53c90',
  'virtio-scsi': 'virtio-scsi-pci',
  'virtio-transitional': 'virtio-scsi-pci',
  'virtio-non-transitional': 'virtio-scsi-pci',
  lsilogic: 'lsi',
  lsisas1068: 'mptsas1068',
  lsisas1078: 'megasas',
  vmpvscsi: 'pvscsi',
  dc390: 'dc390',
  am53c974: 'am53c974',
}

function scsi({ model = 'auto', index, driver }: ControllerScsi, domain: Domain, { caps }: QemuScope): void {
  if (!(model in adapters)) unsupported(`Unsupported controller model: ${model}`)
  if (model === 'ncr53c90' && !hasBuiltInScsi(machineOf(domain)))
    unsupported(`${model} SCSI controller is not a built-in for this machine`)
  if (model === 'ncr53c90' && index !== 0) unsupported(`${model} can only be used as first SCSI controller`)
  const flag = adapters[model]
  if (flag !== undefined && !caps.has(flag))
    unsupported(`The QEMU executable ${domain.devices?.emulator} does not support '${model}' SCSI controllers`)
  if (!driver) return
  if (driver.iothreads.length > 0 && !caps.has('virtio-scsi.iothread-mapping'))
    unsupported('IOThread mapping for virtio-scsi controllers is not available with this QEMU binary')
  checkThreadMapping(domain, driver.iothreads, driver.queues ?? 0)
  checkThread(domain, driver.iothread, 'controller')
}

/** Options that only virtio's SCSI adapters have. */
function attributes({ type, model, driver }: Controller): void {
  if (!driver || (type === 'scsi' && model?.startsWith('virtio') === true)) return
  for (const key of ['queues', 'cmd_per_lun', 'max_sectors', 'ioeventfd'] as const)
    if (driver[key] !== undefined && driver[key] !== 0)
      unsupported(`'${key}' is only supported by virtio-scsi controller`)
}

/** Options of PCI controllers, and the models that have and need them. */
const options: readonly {
  key: keyof PciControllerTarget
  name: string
  models: readonly PciControllerModel[]
  needed: boolean
}[] = [
  { key: 'busNr', name: 'busNr', models: ['pci-expander-bus', 'pcie-expander-bus'], needed: true },
  { key: 'chassisNr', name: 'chassisNr', models: ['pci-bridge'], needed: true },
  {
    key: 'chassis',
    name: 'chassis',
    models: ['pcie-root-port', 'pcie-switch-downstream-port'],
    needed: true,
  },
  { key: 'port', name: 'port', models: ['pcie-root-port', 'pcie-switch-downstream-port'], needed: true },
  {
    key: 'hotplug',
    name: 'hotplug',
    models: ['pci-root', 'pcie-root-port', 'pcie-switch-downstream-port'],
    needed: false,
  },
  {
    key: 'node',
    name: 'numaNode',
    models: ['pci-root', 'pci-expander-bus', 'pcie-expander-bus'],
    needed: false,
  },
  {
    key: 'memReserve',
    name: 'memReserve',
    models: ['pci-bridge', 'pcie-root-port'],
    needed: false,
  },
]

/** QEMU's devices for each model of a PCI controller, and the capability that says it has them. */
const devices: { readonly [model in PciControllerModel]?: Readonly<Record<string, string | undefined>> } = {
  'pci-bridge': { 'pci-bridge': 'pci-bridge' },
  'dmi-to-pci-bridge': { 'i82801b11-bridge': 'dmi-to-pci-bridge' },
  'pcie-to-pci-bridge': { 'pcie-pci-bridge': 'pcie-pci-bridge' },
  'pcie-root-port': { ioh3420: 'ioh3420', 'pcie-root-port': 'pcie-root-port' },
  'pcie-switch-upstream-port': { 'x3130-upstream': 'x3130-upstream' },
  'pcie-switch-downstream-port': { 'xio3130-downstream': 'xio3130-downstream' },
  'pci-expander-bus': { pxb: 'pxb' },
  'pcie-expander-bus': { 'pxb-pcie': 'pxb-pcie' },
}

function pci(controller: ControllerPci, machine: Machine, { caps }: QemuScope): void {
  const { model, index = 0, modelName, target } = controller
  if (model === undefined) return
  const bridge = model === 'pci-root' && isPSeries(machine)
  const root = model === 'pcie-root' || (model === 'pci-root' && !bridge)
  const about = `PCI controller with index '${index}', model '${model}' and modelName '${modelName ?? 'none'}'`
  if (root) {
    if (modelName !== undefined) unsupported(`Option 'modelName' is not valid for ${about}`)
    if (index !== 0) unsupported(`Option 'index' has invalid value for ${about}`)
    if (target?.index !== undefined) unsupported(`Option 'targetIndex' is not valid for ${about}`)
    checkOptions(controller, about)
    return
  }
  const known = bridge ? { 'spapr-pci-host-bridge': 'spapr-pci-host-bridge' } : devices[model]
  if (modelName === undefined) unsupported(`Required option 'modelName' is not set for ${about}`)
  if (known && !(modelName in known)) unsupported(`Option 'modelName' has invalid value for ${about}`)
  const flag = (known as Readonly<Record<string, string | undefined>> | undefined)?.[modelName]
  if (flag !== undefined && !caps.has(flag))
    unsupported(`The '${modelName}' device is not supported by this QEMU binary`)
  if (!bridge && index === 0) unsupported(`Option 'index' has invalid value for ${about}`)
  if (target?.index !== undefined && !bridge) unsupported(`Option 'targetIndex' is not valid for ${about}`)
  checkOptions(controller, about)
}

function checkOptions({ model, target }: ControllerPci, about: string): void {
  if (model === undefined) return
  for (const { key, name, models, needed } of options) {
    const given = target?.[key] !== undefined
    if (given && !models.includes(model)) unsupported(`Option '${name}' is not valid for ${about}`)
    if (!given && needed && models.includes(model)) unsupported(`Required option '${name}' is not set for ${about}`)
  }
}

function controllers(domain: Domain, scope: QemuScope): void {
  const machine = machineOf(domain)
  for (const one of domain.devices?.controllers ?? []) {
    attributes(one)
    switch (one.type) {
      case 'ide':
        ide(one, machine)
        break
      case 'scsi':
        scsi(one, domain, scope)
        break
      case 'pci':
        pci(one, machine, scope)
        break
      case 'sata':
        if (!scope.caps.has('ich9-ahci')) unsupported('SATA is not supported with this QEMU binary')
        break
      case 'xenbus':
        unsupported(`Unsupported controller type: ${one.type}`)
    }
  }
}

/** Rules over controllers. */
export function controllerRules(pass: QemuPass): readonly Pass<Domain>[] {
  return [pass('controller rules', controllers)]
}
