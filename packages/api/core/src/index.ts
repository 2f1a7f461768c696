// SPDX-License-Identifier: LGPL-2.1-or-later
export * from './enums.gen.js'
export { type ErrorCode, ErrorDomain, ErrorLevel, ErrorNumber } from './error-table.gen.js'
export * from './errors.js'
export { isPromise, visible } from './gate.js'
export * as gate from './gate.gen.js'
export * from './spi.gen.js'
export * from './spi.js'
