// SPDX-License-Identifier: LGPL-2.1-or-later
// What the container driver adds to domains.
import type { DocumentHooks } from '../../runtime/context.js'
import { lxcNamespace } from '../namespaces.js'
import { devicesOf, pass } from '../passes/devices.js'
import type { Domain } from '../types.gen.js'

const emulator = pass('emulator', (domain, { hooks }) => {
  const path = hooks.emulator as string | undefined
  const devices = devicesOf(domain)
  if (path !== undefined) devices.emulator ??= path
})

const consoles = pass('consoles', ({ devices }) => {
  for (const console of devices?.consoles ?? []) {
    console.target ??= {}
    if (console.target.type === undefined) console.target.type = 'lxc'
  }
})

/** Hooks of the LXC driver; `emulator` is the controller process containers get that name none. */
export const lxcHooks: DocumentHooks<Domain> = {
  namespaces: [lxcNamespace],
  passes: { domain: [emulator], devices: [consoles] },
}
