// SPDX-License-Identifier: GPL-2.0-or-later
// rpc/src/<program>.gen.ts and remote/*.gen.ts: constants, and an encoder and decoder for every type of a program.
import { fieldName, refs, resolveType, spiValue, tsType } from './model.mjs'
import { header, pascal } from './names.mjs'

const shared = new Set([
  'remote_typed_param',
  'remote_typed_param_value',
  'admin_typed_param',
  'admin_typed_param_value',
])

/** Name of a wire struct in our code: `remote_domain_get_info_args` -> `DomainGetInfoArgs`. */
export const structName = (name) => refs[name]?.type ?? pascal(name.replace(/^(remote|qemu|lxc|admin)_/, ''))

/** Parts of the one program that is so large that a daemon does not load all of it for its first client. */
const remoteParts = {
  domain: /^(Domain|VcpuInfo)/,
  network: /^(Network|Nwfilter|NWFilter|Interface)/,
  storage: /^Storage/,
  device: /^(NodeDevice|Secret)/,
  connection: /^/,
}
const partOf = (type) => Object.keys(remoteParts).find((part) => remoteParts[part].test(type))

/** The files of `remote`, and what writes them. */
export const remoteFiles = {
  'remote.gen.ts': () =>
    `${header('program remote')}\n${Object.keys(remoteParts)
      .sort()
      .map((part) => `export * from './remote/${part}.gen.js'`)
      .join('\n')}\n`,
  ...Object.fromEntries(
    Object.keys(remoteParts).map((part) => [`remote/${part}.gen.ts`, (spec) => emitRemotePart(spec, part)]),
  ),
}

function emitRemotePart(spec, part) {
  const { constants, types } = codecsOf(spec, 'remote')
  const own = types.filter(({ type }) => partOf(type) === part)
  const imports = importsOf(own, '..', (type) => `./${partOf(type)}.gen.js`)
  const body = [...(part === 'connection' ? constants : []), ...own.flatMap(({ text }) => text)]
  return `${header(`program remote, ${part}`)}${imports}\n\n${body.join('\n')}\n`
}

/** A program in one file. */
export function emitCodec(spec, programName) {
  const { constants, types } = codecsOf(spec, programName)
  const imports = importsOf(types, '.', () => './remote.gen.js')
  const body = [...constants, ...types.flatMap(({ text }) => text)]
  return `${header(`program ${spec.programs[programName].program.name}`)}${imports}\n\n${body.join('\n')}\n`
}

/** Constants and enums of a program as source, and each of its structs: its name, its source, what that uses. */
function codecsOf(spec, programName) {
  const program = spec.programs[programName]
  const remote = spec.programs.remote
  const constants = Object.entries(program.constants).map(
    ([name, value]) => `export const ${name} = ${typeof value === 'object' ? value.value : value}`,
  )
  const types = []
  for (const [name, def] of Object.entries(program.types)) {
    if (def.kind === 'enum') {
      constants.push(
        `export const ${pascal(name)} = { ${def.members.map((m) => `${m.name}: ${m.value}`).join(', ')} } as const`,
      )
      continue
    }
    if (def.kind !== 'struct' || shared.has(name)) continue
    const type = structName(name)
    const inCore = Boolean(refs[name])
    const core = new Set(inCore ? [type] : [])
    const structs = new Set()
    const text = []
    const auth = /auth_/.test(name)
    const dir = def.role === 'args' || /_args$/.test(name) ? 'in' : 'out'
    const fields = def.fields.map((f) => ({
      wire: resolveType(program, remote, f.type),
      name: fieldName(f.name),
      v: spiValue(program, remote, f.type, { auth }),
    }))
    const use = (v) => {
      if (v.kind === 'ref') {
        core.add(v.type)
        structs.add(structName(v.struct))
      }
      if (v.kind === 'struct') structs.add(structName(v.name))
      if (v.kind === 'params') core.add('TypedParams')
      if (v.kind === 'int64' && dir === 'out') core.add('Int64')
      if (v.kind === 'list') use(v.of)
    }
    for (const f of fields) use(f.v)
    if (!inCore)
      text.push(`export interface ${type} {\n${fields.map((f) => `  ${f.name}: ${structTs(f.v, dir)}`).join('\n')}\n}`)
    text.push(
      `export function encode${type}(w: XdrWriter, v: ${type}): void {\n${fields.map((f) => `  ${encode(f.v, `v.${f.name}`)}`).join('\n')}\n}`,
    )
    const locals = fields.map((f) => `  const ${f.name} = ${decode(f.v, dir)}`)
    text.push(
      `export function decode${type}(r: XdrReader): ${type} {\n${locals.join('\n')}\n  return { ${fields.map((f) => f.name).join(', ')} }\n}`,
    )
    types.push({ type, text, core, structs })
  }
  return { constants, types }
}

/** What a file with these types imports; `fileOf` says where a type is that is not among them. */
function importsOf(types, folder, fileOf) {
  const own = new Set(types.map(({ type }) => type))
  const core = new Set(types.flatMap((one) => [...one.core]))
  const inCore = new Set(Object.values(refs).map(({ type }) => type))
  const others = new Map()
  for (const type of [...new Set(types.flatMap(({ structs }) => [...structs]))].sort()) {
    if (own.has(type)) continue
    const file = fileOf(type)
    const names = [`decode${type}`, `encode${type}`, ...(inCore.has(type) ? [] : [`type ${type}`])]
    others.set(file, [...(others.get(file) ?? []), ...names])
  }
  return [
    ...(core.size > 0 ? [`import type { ${[...core].sort().join(', ')} } from '@virt/core'`] : []),
    `import type { XdrReader, XdrWriter } from '${folder}/xdr.js'`,
    `import { decodeList, encodeList } from '${folder}/lists.js'`,
    ...[...others].map(([file, names]) => `import { ${names.join(', ')} } from '${file}'`),
  ].join('\n')
}

function structTs(v, dir) {
  if (v.kind === 'struct') return `${structName(v.name)}${v.optional ? ' | undefined' : ''}`
  if (v.kind === 'list') return `readonly ${structTs(v.of, dir)}[]`
  return tsType(v, dir)
}

/** A statement that writes `x`. */
export function encode(v, x) {
  if (v.optional) return `if (${x} === undefined) w.int(0); else { w.int(1); ${encode({ ...v, optional: false }, x)} }`
  switch (v.kind) {
    case 'int':
      return v.wire === 'uhyper' ? `w.int64(${x})` : `w.int(${x})`
    case 'bool':
      return `w.bool(${x})`
    case 'int64':
      return `w.int64(${x})`
    case 'double':
      return `w.double(${x})`
    case 'string':
      return `w.string(${x}, ${v.max})`
    case 'uuid':
      return `w.uuid(${x})`
    case 'bytes':
      return v.chars
        ? `w.chars(${x}, ${v.max})`
        : v.len === undefined
          ? `w.bytesMax(${x}, ${v.max})`
          : `w.bytesFixed(${x}, ${v.len})`
    case 'cstring':
      return v.len === undefined ? `w.cstring(${x}, ${v.max})` : `w.cstringFixed(${x}, ${v.len})`
    case 'params':
      return `w.params(${x}, ${v.max})`
    case 'ref':
      return `encode${v.type}(w, ${x})`
    case 'struct':
      return `encode${structName(v.name)}(w, ${x})`
    case 'list':
      return `encodeList(w, ${x}, ${v.max}, (w, i) => { ${encode(v.of, 'i')} })`
  }
  throw new Error(v.kind)
}

/** An expression that reads a value. */
export function decode(v, dir) {
  if (v.optional) return `r.int() === 0 ? undefined : ${decode({ ...v, optional: false }, dir)}`
  switch (v.kind) {
    case 'int':
      return v.wire === 'uhyper' ? 'Number(r.uhyper())' : `r.${v.wire}()`
    case 'bool':
      return 'r.bool()'
    case 'int64':
      return dir === 'in' ? `r.${v.wire}Big()` : `r.${v.wire}()`
    case 'double':
      return 'r.double()'
    case 'string':
      return `r.string(${v.max})`
    case 'uuid':
      return 'r.uuid()'
    case 'bytes':
      return v.chars ? `r.chars(${v.max})` : v.len === undefined ? `r.bytesMax(${v.max})` : `r.bytesFixed(${v.len})`
    case 'cstring':
      return v.len === undefined ? `r.cstring(${v.max})` : `r.cstringFixed(${v.len})`
    case 'params':
      return `r.params(${v.max})`
    case 'ref':
      return `decode${v.type}(r)`
    case 'struct':
      return `decode${structName(v.name)}(r)`
    case 'list':
      return `decodeList(r, ${v.max}, (r) => ${decode(v.of, dir)})`
  }
  throw new Error(v.kind)
}
