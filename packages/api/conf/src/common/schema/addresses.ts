// SPDX-License-Identifier: LGPL-2.1-or-later
// PCI addresses without a type, as networks, ports and host devices write them.
import { attr, type Element, element } from '../../lang/field.js'
import { pciBus, pciDomain, pciFunction, pciSlot } from '../../lang/forms.js'
import { hexAny, onOff } from '../../lang/value.js'
import { pciFault } from '../../net/pci-address.js'
import type { ReadContext } from '../../runtime/context.js'
import type { HostPciAddress } from '../types.gen.js'

/** `<address domain= bus= slot= function=/>` of a device of the host. */
export const hostPciAddress: Element = element('address', {
  domain: attr(pciDomain(hexAny(4))).default(0),
  bus: attr(pciBus(hexAny(2))).default(0),
  slot: attr(pciSlot(hexAny(2))).default(0),
  function: attr(pciFunction(hexAny(1))).default(0),
})
  .tolerates({ multifunction: attr(onOff) })
  .finish((address: HostPciAddress, context: ReadContext) => {
    // parity: function 8 of the very first slot is as good as none.
    const somewhere = [address.domain, address.bus, address.slot].some((part) => part !== 0)
    const wrong = somewhere ? pciFault(address) : undefined
    if (wrong !== undefined) context.fail(wrong)
  })
