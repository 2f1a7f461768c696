// SPDX-License-Identifier: LGPL-2.1-or-later
// What the QEMU driver adds to documents.
import type { DocumentHooks } from '../runtime/context.js'
import { qemuNamespace } from './namespaces.js'
import { qemuSaveCookie } from './schema/qemu-private.js'

/** Namespace and private data of the QEMU driver; it adds passes of its own. */
export const qemuHooks: DocumentHooks = {
  namespaces: [qemuNamespace],
  extensions: { saveCookie: qemuSaveCookie },
}
