// SPDX-License-Identifier: LGPL-2.1-or-later

export type * from './common/types.gen.js'
export * as fields from './lang/field.js'
export * as values from './lang/value.js'
export { dnsmasqNamespace, network } from './network/network.js'
export type * from './network/types.gen.js'
export type { DocumentHooks, Namespace, Pass, PassContext } from './runtime/context.js'
export { type DocumentKind, documentKind, type ParseOptions, type PrintOptions } from './runtime/document.js'
export { secret } from './secret/secret.js'
export type * from './secret/types.gen.js'
