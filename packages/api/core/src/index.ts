// SPDX-License-Identifier: LGPL-2.1-or-later

export { type AclClass, type AclObject, aclClasses } from './acl.gen.js'
export { flagBits } from './api.gen.js'
export type { DomainLifecycle, DriverEvents } from './api-events.gen.js'
export { AuthFile, type AuthTarget, credentialsOf, readAuthFile } from './auth-file.js'
export { LocalConnection, localCall, ownIdentity } from './call.js'
export { type ConfEntry, ConfFile, type ConfValue, formatConf, parseConf } from './conf-file.js'
export {
  type AuthCallback,
  type ConnectOptions,
  type CredentialRequest,
  type CredentialType,
  connect,
} from './connect.js'
export { type CloseReason, Connection, type ConnectionEvents } from './connection.js'
export * from './domain.js'
export { DriverSet, families, type SessionSet } from './drivers.js'
export * from './enums.gen.js'
export { type ErrorCode, ErrorDomain, ErrorLevel, ErrorNumber } from './error-table.gen.js'
export * from './errors.js'
export type { EventBuffer } from './event-buffer.js'
export { EventHub, subjectOf } from './events.js'
export {
  addJsonMember,
  deflattenJson,
  formatJson,
  type Json,
  JsonFloat,
  type JsonMap,
  type JsonTree,
  jsonMember,
  parseJson,
  parseJsonTree,
  removeJsonMember,
} from './exact-json.js'
export * as gate from './gate.gen.js'
export { access, isPromise, visible } from './gate.js'
export type { DocumentChange, DocumentInputs, Documents, HandleTypes, Xml } from './handle.js'
export { after, listed, permitted } from './late-access.js'
export * from './managers.js'
export { type Features, feature as migrationFeature } from './migration/checks.js'
export { type CallForm, destinationCalls, featuresOf, type TunnelCalls } from './migration/ends.js'
export type { DomainMigration } from './migration/job.js'
export { type MigrateOptions, MigrationParams, type RecoverOptions } from './migration/options.js'
export {
  type Course,
  type DestinationCalls,
  type MigrationCalls,
  runProtocol,
  type SourceCalls,
} from './migration/protocol.js'
export * from './objects.js'
export { Param, paramShape, paramsFrom, readParams } from './params.js'
export {
  type BitNames,
  bitsOf,
  type CallOptions,
  type EnumText,
  enumText,
  enumValue,
  type FlagOptions,
  flagsOf,
  fromPlain,
  type Int64Input,
  jsonReplacer,
  type PlainParams,
  type PlainValue,
  toPlain,
} from './plain.js'
export { RawCalls, type RawProcedures } from './raw.js'
export { dirsBelow, processServices, silent, systemClock } from './services.js'
export { type SizeInput, sizeOf } from './size.js'
export * from './spi.gen.js'
export * from './spi.js'
export { VirtStream } from './stream.js'
export { errnoOf, systemFailure, unresolvedText } from './strerror.js'
export { formatTime, localOffset, type TimeFields, timeFields } from './time.js'
export { type TimeLimit, timeLimit } from './time-limit.js'
export { checkPlace, formatQuery, formatUri, parseUri, remoteName, splitScheme, type Uri } from './uri.js'
export { version } from './version.js'
