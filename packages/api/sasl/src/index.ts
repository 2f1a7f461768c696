// SPDX-License-Identifier: LGPL-2.1-or-later
export { SaslClient, type SaslClientOptions } from './client.js'
export type { AskCredentials, CredentialQuestion } from './credentials.js'
export { SaslError, type SaslFailure } from './error.js'
export {
  type GssContext,
  type GssPackets,
  type GssProvider,
  kerberosProvider,
  type SystemKerberos,
  systemProvider,
} from './gssapi.js'
export { SaslLayer } from './layer.js'
export {
  type ClientMove,
  clientProperties,
  maxMessage,
  type SecurityProperties,
  type ServerMove,
  serverProperties,
} from './mechanism.js'
export type { ScramKeys, ScramName } from './scram-keys.js'
export { SaslServer, type SaslServerOptions } from './server.js'
export { formatUsers, parseUsers, UserFile, UserFileError } from './user-file.js'
export { makeUser, type SaslUser, type UserStore } from './users.js'
