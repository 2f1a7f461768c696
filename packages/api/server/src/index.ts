// SPDX-License-Identifier: LGPL-2.1-or-later
export { type AccessCaller, type AccessDriver, type AccessOptions, accessDriver } from './access.js'
export { type AdminLogging, type AdminService, adminPrograms } from './admin.js'
export { type Authenticator, AuthType, type ByteLayer, noAuth } from './auth.js'
export type { Client } from './client.js'
export type { FdCarrier } from './descriptors.js'
export type { Arrival, Prepared } from './entrance.js'
export { identityParams } from './identity.js'
export { defaultLimits, type Limits } from './limits.js'
export { type LogDestination, parseFilters, parseOutputs } from './log-syntax.js'
export { Logging, type LoggingOptions, type LogRecord, type LogSink } from './logging.js'
export type { Peer } from './peer.js'
export { type PolkitClient, type PolkitOptions, polkit } from './polkit.js'
export {
  PolkitAuthority,
  type PolkitQuestion,
  type PolkitSubject,
  type PolkitVerdict,
  polkitSubject,
} from './polkit-authority.js'
export { type SaslOptions, type SaslTransport, sasl } from './sasl.js'
export { Server, type ServerOptions } from './server.js'
export type { ProgramTable } from './table.js'
export { Throttle } from './throttle.js'
export { TlsGate, type TlsPeer, type TlsSettings } from './tls-gate.js'
export type { WorkerLimits } from './workers.js'
