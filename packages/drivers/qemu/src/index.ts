// SPDX-License-Identifier: LGPL-2.1-or-later
/**
 * The driver of QEMU guests.
 * @packageDocumentation
 */
export { type QemuOptions, qemu } from './driver.js'
export { Monitor } from './monitor/monitor.js'
export { unixTransport } from './monitor/transport.js'
