// SPDX-License-Identifier: LGPL-2.1-or-later
// All that definitions of QEMU guests are given and asked for.
import type { DocumentHooks } from '../../../runtime/context.js'
import { qemuHooks } from '../../qemu.js'
import type { Domain } from '../../types.gen.js'
import { addressPasses } from './address/assign.js'
import { emulatorPass, machinePasses, processorPasses } from './defaults/basics.js'
import { devicePasses, impliedPasses } from './defaults/devices.js'
import { machineDevicePasses } from './defaults/machine-devices.js'
import { statusPasses } from './defaults/status.js'
import { firmwarePasses } from './firmware.js'
import { passesOf, type QemuHost } from './host.js'
import { chardevRules } from './validate/chardevs.js'
import { controllerRules } from './validate/controllers.js'
import { diskRules } from './validate/disks.js'
import { displayRules } from './validate/display.js'
import { featureRules } from './validate/features.js'
import { machineRules, processorRules } from './validate/machine.js'
import { networkRules } from './validate/network.js'
import { smallRules } from './validate/small.js'
import { wholeRules } from './validate/whole.js'

/**
 * Hooks of QEMU definitions on a host: namespaces, private data, defaults, addresses and checks.
 * @param host what the driver knows; asked for each document
 * @since 0.1.0
 */
export function qemuDomainHooks(host: QemuHost): DocumentHooks<Domain> {
  const pass = passesOf(host)
  return {
    ...qemuHooks,
    passes: {
      basic: [emulatorPass(host)],
      domain: [...machinePasses(pass), ...firmwarePasses(pass), ...machineDevicePasses(pass), ...processorPasses(pass)],
      devices: [...devicePasses(pass), ...statusPasses(pass)],
      postParse: impliedPasses(pass),
      addresses: addressPasses(pass),
      rules: [...machineRules(pass), ...featureRules(pass), ...processorRules(pass), ...wholeRules(pass)],
      validate: [
        ...smallRules(pass),
        ...diskRules(pass),
        ...networkRules(pass),
        ...chardevRules(pass),
        ...controllerRules(pass),
        ...displayRules(pass),
      ],
    },
  }
}
