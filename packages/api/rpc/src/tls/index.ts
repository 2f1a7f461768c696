// SPDX-License-Identifier: LGPL-2.1-or-later
export { distinguishedName, globMatches } from './distinguished-name.js'
export {
  checkSanity,
  folderTlsPaths,
  readTlsMaterial,
  systemTlsPaths,
  type TlsMaterial,
  type TlsPaths,
  type TlsSide,
  verdictText,
} from './files.js'
export { type TlsPriority, tlsPriority } from './priority.js'
export { separateRecords } from './records.js'

/** What a server says inside TLS when it has accepted the client's certificate. */
export const tlsAccepted = 1
