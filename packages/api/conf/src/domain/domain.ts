// SPDX-License-Identifier: LGPL-2.1-or-later
import { ErrorDomain } from '@virt/core'
import { type DocumentKind, documentKind } from '../runtime/document.js'
import type { DomainInput } from './inputs.gen.js'
import { bhyveNamespace, lxcNamespace, qemuNamespace, vmwareNamespace, xenNamespace } from './namespaces.js'
import { common, early } from './passes/basics.js'
import { chardevEarly, chardevPasses } from './passes/chardevs.js'
import { clockEarly } from './passes/clock.js'
import { controllerDevices, controllerEarly, controllerPasses } from './passes/controllers.js'
import { diskEarly, diskPasses } from './passes/disks.js'
import { displayEarly, displayPasses } from './passes/display.js'
import { hostdevPasses, hostdevRules } from './passes/hostdevs.js'
import { interfaceEarly } from './passes/interfaces.js'
import { numaEarly } from './passes/numa.js'
import { usbEarly, usbRules } from './passes/usb.js'
import { domainRules } from './passes/validate.js'
import { chardevRules } from './passes/validate-chardevs.js'
import { deviceRules } from './passes/validate-devices.js'
import { diskRules, driveRules } from './passes/validate-disks.js'
import { hostdevEarly, hostdevPlaceRules } from './passes/validate-hostdevs.js'
import { interfaceRules } from './passes/validate-interfaces.js'
import { numaRules } from './passes/validate-numa.js'
import { partRules } from './passes/validate-parts.js'
import { smallRules } from './passes/validate-small.js'
import { domain as root } from './schema/domain.js'
import type { Domain } from './types.gen.js'

/** `<domain>`: a guest. */
export const domain: DocumentKind<Domain, DomainInput> = documentKind<Domain, DomainInput>({
  root,
  namespaces: [qemuNamespace, lxcNamespace, xenNamespace, bhyveNamespace, vmwareNamespace],
  domain: ErrorDomain.DOMAIN,
  early: [
    ...early,
    ...diskEarly,
    ...interfaceEarly,
    ...hostdevEarly,
    ...usbEarly,
    ...clockEarly,
    ...numaEarly,
    ...chardevEarly,
    ...controllerEarly,
    ...displayEarly,
  ],
  devices: [...diskPasses, ...controllerDevices, ...hostdevPasses, ...displayPasses],
  postParse: [...controllerPasses, ...chardevPasses, ...common],
  rules: [...usbRules, ...hostdevRules, ...driveRules, ...domainRules],
  validate: [
    ...diskRules,
    ...interfaceRules,
    ...hostdevPlaceRules,
    ...deviceRules,
    ...chardevRules,
    ...smallRules,
    ...numaRules,
    ...partRules,
  ],
})
