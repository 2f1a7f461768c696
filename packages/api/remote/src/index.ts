// SPDX-License-Identifier: LGPL-2.1-or-later
/**
 * The client side of libvirt's remote protocol: `connect('test+unix:///default?socket=…')` uses it.
 *
 * ```ts
 * import { connect } from '@virt/core'
 *
 * const conn = await connect('qemu+unix:///system')
 * for await (const dom of conn.domains.list()) console.log(dom.name)
 * await conn.close()
 * ```
 * @packageDocumentation
 */
export {
  Admin,
  AdminClient,
  type AdminOptions,
  AdminServer,
  type ClientInfo,
  type ClientLimits,
  openAdmin,
  type ThreadPool,
} from './admin.js'
export { type RemoteOptions, remote } from './driver.js'
export type { RemoteProcedures } from './raw.js'
export type { ReconnectOptions } from './reconnect.js'
export type { RemoteSession } from './session.js'
export { type SocketChoice, type SocketPlace, type Surroundings, socketChoice, socketPaths } from './socket-paths.js'
export type { SessionState } from './state.js'
export { unixWay } from './transport-unix.js'
export type { Transport, Way } from './way.js'
