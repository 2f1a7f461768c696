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
export { type RemoteOptions, remote } from './driver.js'
export type { Transport, Way } from './transport.js'
export { socketPaths } from './transport-unix.js'
