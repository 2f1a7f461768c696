// SPDX-License-Identifier: LGPL-2.1-or-later
// Devices that machines have by themselves, which definitions name whether or not their writer did.
import type { Pass } from '../../../../runtime/context.js'
import { insertController } from '../../../passes/controllers.js'
import { devicesOf } from '../../../passes/devices.js'
import type {
  AudioType,
  Controller,
  Devices,
  Domain,
  Input,
  PciControllerModel,
  UsbControllerModel,
} from '../../../types.gen.js'
import type { QemuCapabilities, QemuPass, QemuScope } from '../host.js'
import {
  isArm,
  isArmVirt,
  isI440FX,
  isLoongarchVirt,
  isMicrovm,
  isPpc64,
  isPSeries,
  isQ35,
  isRiscv,
  isRiscvVirt,
  isS390,
  isX86,
  type Machine,
  machineOf,
  needsEim,
} from '../machine.js'
import { xmlError } from '../report.js'

interface Built {
  /** Model of the USB controller; `usual` leaves it open, undefined is none. */
  usb?: UsbControllerModel | 'usual' | undefined
  root?: Extract<PciControllerModel, 'pci-root' | 'pcie-root'> | undefined
  sata?: boolean
  balloon?: boolean
  /** USB keyboard and mouse for guests with a display. */
  usbInput?: boolean
  panic?: boolean
  itco?: boolean
}

function builtInto(machine: Machine, caps: QemuCapabilities): Built {
  if (isX86(machine)) {
    if (machine.machine === 'isapc') return { balloon: true }
    if (isQ35(machine)) {
      const usb = (
        [
          ['qemu-xhci', 'qemu-xhci'],
          ['nec-usb-xhci', 'nec-xhci'],
          ['ich9-usb-ehci1', 'ich9-ehci1'],
        ] as const
      ).find(([flag]) => caps.has(flag))?.[1]
      return { usb, root: 'pcie-root', sata: true, balloon: true, itco: true }
    }
    if (isMicrovm(machine)) return { balloon: true }
    return { usb: 'usual', root: isI440FX(machine) ? 'pci-root' : undefined, balloon: true }
  }
  if (isArm(machine)) {
    if (machine.machine.startsWith('realview-') || machine.machine === 'versatilepb')
      return { usb: caps.has('pci-ohci') ? 'pci-ohci' : undefined }
    return { root: isArmVirt(machine) ? 'pcie-root' : undefined }
  }
  if (isPpc64(machine))
    return { usb: 'usual', root: 'pci-root', balloon: true, usbInput: true, panic: isPSeries(machine) }
  if (isRiscv(machine)) return { root: isRiscvVirt(machine) ? 'pcie-root' : undefined, balloon: true }
  if (isLoongarchVirt(machine)) return { root: 'pcie-root', balloon: true }
  if (isS390(machine)) return { root: caps.has('zpci') ? 'pci-root' : undefined, balloon: true, panic: true }
  switch (machine.arch) {
    case 'alpha':
    case 'ppc':
    case 'sh4':
    case 'sh4eb':
      return { usb: 'usual', root: 'pci-root', balloon: true }
    case 'sparc':
      return {}
    case 'sparc64':
      return { usb: 'usual', root: 'pci-root', balloon: true }
    default:
      return { usb: 'usual', balloon: true }
  }
}

/** Input devices that are there unless the definition has such. */
function addInput(devices: Devices, type: 'mouse' | 'keyboard', bus: 'ps2' | 'usb'): void {
  if (devices.inputs.some((one) => one.type === type && one.bus === bus)) return
  const input: Input = { type, bus }
  devices.inputs = [...devices.inputs, input]
}

/** Whether the machine has the keyboard controller of PCs, and the definition does not turn it off. */
function hasPs2(domain: Domain): boolean {
  const machine = machineOf(domain)
  return isX86(machine) && machine.machine !== 'microvm' && domain.features?.ps2?.state !== false
}

function addRoot(devices: Devices, model: 'pci-root' | 'pcie-root'): void {
  const root = devices.controllers.find((one) => one.type === 'pci' && one.index === 0)
  if (!root) {
    insertController(devices, { type: 'pci', index: 0, model })
    return
  }
  if (root.model !== model)
    xmlError(
      `The PCI controller with index='0' must be model='${model}' for this machine type, but model='${root.model ?? '(null)'}' was found instead`,
    )
}

const hasFirst = (devices: Devices, type: Controller['type']) =>
  devices.controllers.some((one) => one.type === type && one.index === 0)

function addDevices(domain: Domain, { caps, context }: QemuScope): void {
  const devices = devicesOf(domain)
  const machine = machineOf(domain)
  if (hasPs2(domain)) {
    addInput(devices, 'mouse', 'ps2')
    addInput(devices, 'keyboard', 'ps2')
  }
  const built = builtInto(machine, caps)
  if (built.usb !== undefined && !hasFirst(devices, 'usb')) addUsb(devices, built.usb)
  if (built.sata && !hasFirst(devices, 'sata')) insertController(devices, { type: 'sata', index: 0 })
  if (built.root) addRoot(devices, built.root)
  if (built.balloon) devices.memballoon ??= { model: 'virtio' }
  if (built.usbInput && devices.graphics.length > 0) {
    addInput(devices, 'keyboard', 'usb')
    // A tablet is a mouse already.
    if (!devices.inputs.some((one) => one.type === 'tablet' && one.bus === 'usb')) addInput(devices, 'mouse', 'usb')
  }
  if (built.panic) addPanic(devices, machine)
  if (needsEim(domain) && context.has('abiUpdate')) devices.iommu ??= { model: 'intel' }
  if (built.itco && !devices.watchdogs.some((one) => one.model === 'itco'))
    devices.watchdogs = [...devices.watchdogs, { model: 'itco', action: devices.watchdogs[0]?.action ?? 'reset' }]
}

/** A USB controller; one of USB 2 comes with its companions. */
function addUsb(devices: Devices, model: UsbControllerModel | 'usual'): void {
  if (model === 'usual') {
    insertController(devices, { type: 'usb', index: 0 })
    return
  }
  insertController(devices, { type: 'usb', index: 0, model })
  if (model !== 'ich9-ehci1') return
  for (const [i, companion] of (['ich9-uhci1', 'ich9-uhci2', 'ich9-uhci3'] as const).entries())
    insertController(devices, { type: 'usb', index: 0, model: companion, master: 2 * i })
}

/** The firmware's own notice of a crash. */
function addPanic(devices: Devices, machine: Machine): void {
  const own = isS390(machine) ? 's390' : 'pseries'
  if (devices.panics.some(({ model = 'default' }) => model === 'default' || model === own)) return
  devices.panics = [...devices.panics, { model: own }]
}

const audioDrivers: Readonly<Record<string, AudioType>> = {
  none: 'none',
  alsa: 'alsa',
  coreaudio: 'coreaudio',
  jack: 'jack',
  oss: 'oss',
  pa: 'pulseaudio',
  sdl: 'sdl',
  spice: 'spice',
  wav: 'file',
}

/** Where sound goes if it is not said. */
function addAudio(domain: Domain, { host }: QemuScope): void {
  const devices = devicesOf(domain)
  if (devices.audios.length > 0) return
  const own = (): AudioType | undefined => audioDrivers[host.environment.QEMU_AUDIO_DRV ?? '']
  let type: AudioType | undefined
  if (devices.graphics.length === 0) type = host.settings.nogfxAllowHostAudio ? own() : 'none'
  // The last display that sound can go to decides, also where it has none.
  for (const { type: display } of devices.graphics) {
    if (display === 'vnc') type = host.settings.vncAllowHostAudio ? own() : 'none'
    else if (display === 'spice') type = 'spice'
    else if (display === 'sdl') type = own()
  }
  if (type === undefined) return
  const driver = type === 'sdl' ? host.environment.SDL_AUDIODRIVER : undefined
  devices.audios = [{ id: 1, type, ...(driver === undefined ? {} : { driver }) } as Devices['audios'][number]]
}

/** Passes that add the machine's own devices. */
export function machineDevicePasses(pass: QemuPass): readonly Pass<Domain>[] {
  return [pass('devices of the machine', addDevices), pass('default audio', addAudio)]
}
