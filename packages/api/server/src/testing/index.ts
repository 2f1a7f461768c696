// SPDX-License-Identifier: LGPL-2.1-or-later
/**
 * For tests of access control: a bus and a polkitd that share nothing with the system's, and an authority that answers as told.
 *
 * ```ts
 * import { PrivateBus, ScriptedPolkit } from '@virt/server/testing'
 *
 * const bus = await PrivateBus.start()
 * const polkit = await ScriptedPolkit.start(bus, ({ action }) => action !== 'org.libvirt.api.domain.start')
 * // start a daemon with DBUS_SYSTEM_BUS_ADDRESS set to bus.address
 * await polkit.stop()
 * await bus.stop()
 * ```
 * @packageDocumentation
 */
export { noBus, noPolkit, PrivateBus, PrivatePolkit, Stranger, startTimeOf } from './private-polkit.js'
export { type Asked, ScriptedPolkit } from './scripted-polkit.js'
