// SPDX-License-Identifier: LGPL-2.1-or-later
export { type Authenticator, AuthType, noAuth } from './auth.js'
export type { Client, Peer } from './client.js'
export { defaultLimits, type Limits } from './limits.js'
export { type AccessDriver, Server, type ServerOptions } from './server.js'
