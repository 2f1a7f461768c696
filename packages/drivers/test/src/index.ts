// SPDX-License-Identifier: LGPL-2.1-or-later
/**
 * libvirt's test hypervisor: domains, networks, pools and devices that exist in memory only.
 *
 * ```ts
 * import { connect } from '@virt/core'
 * import { test } from '@virt/test'
 *
 * await using conn = await connect('test:///default', { drivers: [test()] })
 * for await (const dom of conn.domains.list()) console.log(dom.name)
 * ```
 * @packageDocumentation
 */
export { type TestOptions, test } from './driver.js'
