// SPDX-License-Identifier: GPL-2.0-or-later
// core/src/{error-table,enums}.gen.ts: error codes and texts, every enum of the API.
import { codeName, commonPrefix, header, quote } from './names.mjs'

export function emitErrors({ api }) {
  const { codes, domains, levels } = api.errors
  const row = (c) =>
    `  [${c.code}, ${quote(codeName(c.name))}, ${c.plain === null ? 'null' : quote(c.plain)}, ${c.withDetail === null ? 'null' : quote(c.withDetail)}],`
  return `${header('errors')}
/** One error code: number, our stable name, its text without and with a detail. */
export type ErrorRow = readonly [number: number, code: ErrorCode, plain: string | null, withDetail: string | null]
/** Stable name of each libvirt error number: \`VIR_ERR_NO_DOMAIN\` is \`'no-domain'\`. */
export type ErrorCode =
${codes.map((c) => `  | ${quote(codeName(c.name))}`).join('\n')}
export const errorRows: readonly ErrorRow[] = [
${codes.map(row).join('\n')}
]
/** \`virErrorNumber\` by its C name without the prefix. */
export const ErrorNumber = {
${codes.map((c) => `  ${c.name.replace('VIR_ERR_', '')}: ${c.code},`).join('\n')}
} as const
/** \`virErrorDomain\` by its C name without the prefix. */
export const ErrorDomain = {
${domains.map((d) => `  ${d.name.replace('VIR_FROM_', '')}: ${d.code},`).join('\n')}
} as const
export const errorDomainLabels: readonly (readonly [number, string])[] = [
${domains.map((d) => `  [${d.code}, ${quote(d.label ?? '')}],`).join('\n')}
]
/** \`virErrorLevel\`. */
export const ErrorLevel = { ${levels.map((l) => `${l.name.replace('VIR_ERR_', '')}: ${l.code}`).join(', ')} } as const
`
}

export function emitEnums({ api }) {
  const skip = new Set(['virErrorNumber', 'virErrorDomain', 'virErrorLevel'])
  const out = [header('enums')]
  for (const e of api.enums) {
    if (skip.has(e.name)) continue
    const members = e.members.filter((m) => !m.sentinel)
    if (!members.length) continue
    const prefix = commonPrefix(members.map((m) => m.name).concat(members.length === 1 ? [] : []))
    const name = e.name.replace(/^vir/, '')
    out.push(`/** \`${e.name}\`${e.bitmask ? ', a set of bits' : ''}. @since ${e.since} */\nexport const ${name} = {`)
    for (const m of members) {
      const key = m.name.slice(prefix.length)
      out.push(`  /** ${m.meaning ?? key} (\`${m.name}\`) */\n  ${/^[A-Z_]/.test(key) ? key : quote(key)}: ${m.value},`)
    }
    out.push('} as const\n')
  }
  return out.join('\n')
}

const paramNumbers = { INT: 1, UINT: 2, LLONG: 3, ULLONG: 4, DOUBLE: 5, BOOLEAN: 6, STRING: 7 }

/** core/src/param-types.gen.ts: the type of every typed parameter that has a name of its own. */
export function emitParamTypes({ api }) {
  const types = new Map()
  for (const m of api.stringMacros)
    if (!m.role && paramNumbers[m.valueType] && m.value) types.set(m.value, paramNumbers[m.valueType])
  return `${header('typed parameters')}
import type { ParamType } from './spi.js'

export const paramTypes: ReadonlyMap<string, ParamType> = new Map<string, ParamType>([
${[...types].map(([name, type]) => `  [${quote(name)}, ${type}],`).join('\n')}
])
`
}
