// SPDX-License-Identifier: LGPL-2.1-or-later
export { Cell, type Codec, DocumentCache } from './cell.js'
export { inMemory, type Persistence } from './persistence.js'
export { type Change, type Recorded, Registry } from './registry.js'
export { errnoOf, systemFailure } from './strerror.js'
