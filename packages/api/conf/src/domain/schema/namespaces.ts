// SPDX-License-Identifier: LGPL-2.1-or-later
// Elements of the hypervisors' own namespaces at the root of a domain.
import { attr, child, children, type Element, element, leaf, only, wrapped } from '../../lang/field.js'
import { oneOf, text } from '../../lang/value.js'

const arg = element('arg', { value: attr(text).required('No qemu command-line argument specified') })

export const qemuProperty: Element = element('property', {
  name: attr(text).required(),
  type: attr(oneOf('string', 'signed', 'unsigned', 'bool', 'remove')).required(),
  value: attr(text),
})

/** `qemu:` – arguments, environment, capability and device property overrides of the QEMU process. */
export const qemuNamespace: Element = element('qemu', {
  commandline: child(
    element('commandline', {
      args: children(arg),
      envs: children(element('env', { name: attr(text).required(), value: attr(text) })),
    }),
  ),
  capabilities: child(
    element('capabilities', {
      adds: children(element('add', { capability: attr(text).required() })),
      dels: children(element('del', { capability: attr(text).required() })),
    }),
  ),
  override: child(
    element('override', {
      devices: children(
        element('device', { alias: attr(text).required(), frontend: wrapped('frontend', qemuProperty) }),
      ),
    }),
  ),
  deprecation: only('behavior', text),
})

const share = (name: string) =>
  element(name, { type: attr(oneOf('name', 'pid', 'netns')).required(), value: attr(text).required() })

/** `lxc:` – namespaces shared with others. */
export const lxcNamespace: Element = element('lxc', {
  namespace: child(
    element('namespace', {
      sharenet: child(share('sharenet')),
      shareipc: child(share('shareipc')),
      shareuts: child(share('shareuts')),
    }),
  ),
})

const commandline = element('commandline', { args: children(arg) })

/** `bhyve:` – arguments of the bhyve process. */
export const bhyveNamespace: Element = element('bhyve', { commandline: child(commandline) })
/** `xen:` – arguments of the device model. */
export const xenNamespace: Element = element('xen', { commandline: child(commandline) })
/** `vmware:` – where the guest is in the inventory. */
export const vmwareNamespace: Element = element('vmware', { datacenterpath: leaf(text) })
