// SPDX-License-Identifier: LGPL-2.1-or-later
// Elements of the hypervisors' own namespaces at the root of a domain.
import { ErrorNumber } from '@virt/core'
import { attr, child, children, type Element, element, leaf, only, wrapped } from '../../lang/field.js'
import { oneOf, text } from '../../lang/value.js'
import type { ReadContext } from '../../runtime/context.js'
import type { QemuProperty } from '../types.gen.js'
import { internal } from './device.js'

const arg = element('arg', { value: attr(text).required(internal('No qemu command-line argument specified')) })

/** What values of each type look like. */
const forms: Readonly<Record<string, RegExp>> = {
  signed: /^\s*[-+]?\d+$/,
  unsigned: /^\s*\+?\d+$/,
  bool: /^(true|false)$/,
}

export const qemuProperty: Element = element('property', {
  name: attr(text).required("missing 'name' attribute for qemu:property"),
  type: attr(oneOf('string', 'signed', 'unsigned', 'bool', 'remove')).required(),
  value: attr(text),
}).finish(({ name, type, value }: QemuProperty, context: ReadContext) => {
  if (name === 'id') context.fail("property with name 'id' can't be overridden")
  if (type === 'remove') {
    if (value !== undefined)
      context.fail("setting 'value' attribute of 'qemu:property' doesn't make sense with 'remove' type")
    return
  }
  if (value === undefined) context.fail("missing 'value' attribute for 'qemu:property'")
  if (forms[type]?.test(value) === false)
    context.fail(`invalid value '${value}' of 'value' attribute of 'qemu:property'`)
})

/** An environment variable of the process. */
const env = element('env', {
  name: attr(text).required(internal('No qemu environment name specified')),
  value: attr(text),
}).finish(({ name }: { name: string }, context: ReadContext) => {
  if (!/^[A-Za-z_]/.test(name))
    context.fail('Invalid environment name, it must begin with a letter or underscore', ErrorNumber.INTERNAL_ERROR)
  if (!/^\w*$/.test(name))
    context.fail(
      'Invalid environment name, it must contain only alphanumerics and underscore',
      ErrorNumber.INTERNAL_ERROR,
    )
})

/** `qemu:` – arguments, environment, capability and device property overrides of the QEMU process. */
export const qemuNamespace: Element = element('qemu', {
  commandline: child(
    element('commandline', {
      args: children(arg),
      envs: children(env),
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
        element('device', {
          alias: attr(text).required("missing 'alias' attribute for qemu:device"),
          frontend: wrapped('frontend', qemuProperty),
        }),
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
