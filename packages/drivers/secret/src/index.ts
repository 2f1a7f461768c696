// SPDX-License-Identifier: LGPL-2.1-or-later
/**
 * The driver of the host's secrets: `secret:///system`, and the secrets of a daemon's other connections.
 * @packageDocumentation
 */
export { type SecretOptions, secret } from './driver.js'
