// SPDX-License-Identifier: LGPL-2.1-or-later
export { bitsOfMap, firstBits, mapOfBits, parseRanges, rangesOf } from './bitmap.js'
export { Cell, type Codec, DocumentCache } from './cell.js'
export { type Moment, type MomentFilter, MomentTree } from './moments.js'
export { Param, paramShape, paramsFrom, readParams } from './params.js'
export { inMemory, type Persistence } from './persistence.js'
export { type Change, type Recorded, Registry } from './registry.js'
export { errnoOf, systemFailure } from './strerror.js'
