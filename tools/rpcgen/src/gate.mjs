// SPDX-License-Identifier: GPL-2.0-or-later
// core/src/gate.gen.ts: one function per slot, in libvirt's order: read-only, arguments, missing, flags, resolve, access, slot.
import { answerType, buildSlots, tsType } from './model.mjs'
import { header, quote } from './names.mjs'

const domains = {
  'libvirt-domain-snapshot.h': 35,
  'libvirt-domain-checkpoint.h': 69,
  'libvirt-network.h': 19,
  'libvirt-storage.h': 18,
  'libvirt-nodedev.h': 22,
  'libvirt-secret.h': 30,
  'libvirt-nwfilter.h': 33,
  'libvirt-interface.h': 26,
  'libvirt-qemu.h': 0,
  'libvirt-lxc.h': 0,
}
/** Error domain of a public function's own errors. */
export const domainOf = (fn) => domains[fn?.header] ?? 20

export function emitGate(spec) {
  const slots = buildSlots(spec)
  const types = new Set()
  const body = slots.map((s) => emitSlot(s, types))
  const imports = [...types].sort().join(', ')
  return `${header('the gate')}
import { access, countableMemory, exclusiveFlags, invalidArgument, missing, refuseArgument, refuseReadOnly, requireFlag, stringsOkay, unresolved, unsupportedFlags } from './gate.js'
import { slots } from './spi.gen.js'
import type { ${imports} } from './spi.gen.js'
import type { Answer, ByteStream, Call, Int64, Session, TypedParams } from './spi.js'

${body.join('\n\n')}
`
}

function emitSlot(s, types) {
  const collect = (text) => {
    for (const m of text.matchAll(/\b[A-Z][A-Za-z0-9]+\b/g))
      if (!['Promise', 'Uint8Array', 'ByteStream', 'Int64', 'TypedParams', 'Answer', 'Call'].includes(m[0]))
        types.add(m[0])
  }
  const argType = (a) => {
    const t = tsType(a.v, 'in')
    collect(t)
    return t
  }
  const fds = s.fds?.call ? ', fds: readonly number[]' : ''
  let result = answerType(s)
  if (s.fds?.reply) result = `{ fds: readonly number[]${s.visible.map((r) => `; ${r.name}: ${tsType(r.v)}`).join('')} }`
  collect(result)
  const names = s.slotArgs.map((a) => a.name)
  const lines = []
  const fn = s.fn
  const domain = domainOf(fn)
  const flag = s.flags?.name
  if (fn?.readOnly === 'denied')
    lines.push(`if (c.connection.readOnly) refuseReadOnly(${quote(s.publicName)}, ${domain})`)
  if (fn?.readOnly === 'conditional') {
    const source = s.slotArgs.find((a) => a.name === 'source')
    for (const name of fn.readOnlyDeniedFlags) {
      const test =
        source && /_SRC_/.test(name)
          ? `source === ${s.enumValue.get(name)}`
          : `(${flag} & ${s.enumValue.get(name)}) !== 0`
      lines.push(
        `if (c.connection.readOnly && ${test}) refuseReadOnly(${quote(s.publicName)}, ${domain}, ${quote(readOnlyReason(name))})`,
      )
    }
  }
  if (/SetMetadata$/.test(s.name))
    lines.push(
      `if (type === 1 && metadata?.includes('\\n')) invalidArgument('noNewlines', 'metadata', ${quote(s.publicName)}, ${domain})`,
    )
  for (const [test, text, arg, value] of ownRules[s.publicName] ?? [])
    lines.push(
      `if (${test}) refuseArgument(\`${text.replace('%', `\${${value}}`)}\`, ${quote(s.publicName)}, ${quote(arg)}, ${domain})`,
    )
  for (const check of inOrder(fn)) lines.push(...argCheck(s, check, domain))
  if (/^virDomainSet(Max)?Memory(Flags)?$/.test(s.publicName)) lines.push(`countableMemory(memory, ${domain})`)
  lines.push(`if (s.${s.name} === undefined) missing(${quote(s.publicName)}, ${domain})`)
  if (flag && takesStrings(s)) lines.push(`${flag} = stringsOkay(s, c, ${flag})`)
  if (flag) {
    lines.push(`const mask = s.supports?.${s.name}?.flags`)
    lines.push(
      `if (mask !== undefined && (${flag} & ~mask) !== 0) unsupportedFlags(s, ${quote(s.name)}, ${flag}, mask)`,
    )
  }
  if (s.counted) {
    lines.push(`const known = s.supports?.${s.name}?.count`)
    // Where access is asked for, the count is no short cut: it would tell of guests that one may not see.
    lines.push('if (c.countOnly === true && known !== undefined && c.check === undefined) return known as never')
  }
  const subject = s.subject
  if (subject)
    lines.push(
      `const own = s.${subject.v.resolve} === undefined ? ${subject.name} : s.${subject.v.resolve}(${subject.name}, c)`,
    )
  const call = `s.${s.name}(${['c', ...names.map((n) => (n === subject?.name ? 'own' : n)), ...(fds ? ['fds'] : [])].join(', ')})`
  const rules = s.procedure.acl.filter((r) => r.object === 'connect' || (subject && covers(subject.v, r.object)))
  if (rules.length) {
    const when = s.slotArgs.find((a) => a.name === 'source')
    const aboutDom = subject && /Snapshot|Checkpoint/.test(subject.v.type)
    lines.push(`if (c.check !== undefined && s.delegatesAccess !== true) {`)
    if (subject) lines.push(`  if (s.${subject.v.resolve} === undefined) unresolved(s, ${quote(s.publicName)})`)
    lines.push(
      `  const wait = access(c, slots.${s.name}.acl, ${subject ? (aboutDom ? 'own.dom' : 'own') : 'undefined'}, ${flag ?? 0}${when ? `, ${when.name}` : ''})`,
    )
    lines.push(
      `  if (wait !== undefined) {\n      const slot = s.${s.name}.bind(s)\n      return wait.then(() => ${call.replace(`s.${s.name}`, 'slot')})\n    }`,
    )
    lines.push('}')
  }
  lines.push(`return ${call}`)
  const args = s.slotArgs.map((a) => `, ${a.name}: ${argType(a)}`).join('')
  return `/** \`${s.publicName}\` */\nexport function ${s.name}(s: Session, c: Call${args}${fds}): Answer<${result}> {\n${lines.map((l) => `  ${l}`).join('\n')}\n}`
}

/** Whether the object in the first argument is what an access rule speaks of. */
function covers(v, object) {
  return v.object === object
}

const readOnlyReason = (flag) => {
  if (/_AGENT$|_GUEST$/.test(flag)) return ''
  return /MIGRATABLE/.test(flag) ? 'migratable' : 'secure'
}

/** Whether the C function adds `VIR_TYPED_PARAM_STRING_OKAY` by itself. */
const takesStrings = (s) =>
  s.name === 'domainGetLaunchSecurityInfo' ||
  (!s.name.startsWith('domainSet') && s.fn?.flagEnums?.flags?.includes('virTypedParameterFlags'))

/** What no list of checks can say: a condition, the text, what the error calls the argument, and what fills the text. */
const ownRules = {
  virDomainGetCPUStats: [['startCpu === -1 && ncpus !== 1', 'ncpus must be 1 when start_cpu is -1', 'start_cpu']],
  virNodeGetCPUStats: [['cpuNum < -1', 'cpuNum in virNodeGetCPUStats only accepts -1 as a negative value', 'cpuNum']],
  virNodeGetMemoryStats: [
    ['cellNum < -1', 'cellNum in virNodeGetMemoryStats only accepts -1 as a negative value', 'cellNum'],
  ],
  virDomainSendKey: [['codeset < 0 || codeset >= 10', "Unsupported codeset '%'", 'codeset', 'codeset']],
  virDomainCoreDumpWithFormat: [['dumpformat >= 5', "dumpformat '%' is not supported", 'flags', 'dumpformat']],
  virDomainBlockRebase: [
    ['(flags & 8) !== 0 && base === undefined', 'base in virDomainBlockRebase must not be NULL', 'base'],
    ['(flags & 8) === 0 && (flags & 0x27) !== 0', 'use of flags requires a copy job', 'flags'],
  ],
  virStorageVolResize: [
    [
      'capacity === 0n && (flags & 6) === 0',
      "capacity in virStorageVolResize cannot be zero without 'delta' or 'shrink' flags set",
      'capacity',
    ],
  ],
}

/** Checks in the order of the function, which the list has otherwise for a few. */
function inOrder(fn) {
  const checks = fn?.argChecks ?? []
  if (fn?.name === 'virDomainBlockRebase') return checks.filter((c) => c.arg !== 'base')
  if (fn?.name === 'virDomainSetVcpusFlags') return checks.toReversed()
  if (!/GetMetadata$/.test(fn?.name)) return checks
  return [...checks.filter((c) => c.check === 'exclusiveFlags'), ...checks.filter((c) => c.check !== 'exclusiveFlags')]
}

/** Room for results that callers of the C API bring along: when there is none, by the sizes that slots get. */
const buffers = {
  virDomainGetVcpus: { info: 'maxinfo === 0' },
  virDomainGetVcpuPinInfo: { cpumaps: 'ncpumaps > 0 && maplen === 0' },
  virDomainGetEmulatorPinInfo: { cpumap: 'maplen === 0' },
}

/** Arrays that may be empty, but for the condition that is given. */
const emptyIsFine = new Map([
  ['virDomainBlockCopy params', undefined],
  // Without flags the keys are replaced: by none is all right.
  ['virDomainAuthorizedSSHKeysSet keys', '(flags & 3) !== 0'],
])

/** The argument right after the object, for the few that the protocol calls otherwise than the C function. */
function samePlace(s, name) {
  const at = s.fn?.args.findIndex((a) => a.name === name) ?? -1
  const arg = at === 1 ? s.args[at] : undefined
  const string = s.fn?.args[at]?.type === 'const char *'
  return arg?.v.kind === 'string' && string ? arg : undefined
}

function argCheck(s, check, domain) {
  const name = s.publicName
  const usable = s.args.filter((a) => !a.wireOnly && !a.counted)
  const named = (text) =>
    usable.find(
      (a) => a.field === text || a.name === text || a.field === snake(text) || a.field === text?.toLowerCase(),
    )
  const arg = named(check.arg) ?? samePlace(s, check.arg)
  const v = arg?.name
  // Arrays come without their length here: it is theirs. An empty one is none.
  const length = (a) => (a.v.kind === 'params' ? `${a.name}.values.length` : `${a.name}.length`)
  const isArray = (a) => a !== undefined && ['params', 'bytes', 'list'].includes(a.v.kind) && !a.v.optional
  const counted = /^n[a-z]/.test(check.arg ?? '')
    ? (named(check.arg.slice(1)) ?? (check.arg === 'npages' ? named('pageSizes') : undefined))
    : undefined
  const room = buffers[name]?.[check.arg]
  const bad = (test, kind) => [
    `if (${test}) invalidArgument(${quote(kind)}, ${quote(check.arg)}, ${quote(name)}, ${domain})`,
  ]
  switch (check.check) {
    case 'nonNullIfCount':
      return room === undefined ? [] : bad(room, 'nonNull')
    case 'nonNull':
      if (room !== undefined) return bad(room, 'nonNull')
      if (emptyIsFine.has(`${name} ${check.arg}`)) {
        const unless = emptyIsFine.get(`${name} ${check.arg}`)
        return unless === undefined ? [] : bad(`${unless} && ${length(arg)} === 0`, 'nonNull')
      }
      if (isArray(arg)) return bad(`${length(arg)} === 0`, 'nonNull')
      if (!arg?.v.optional) return []
      // With a count in the C call, only a call for values needs the argument; the slot always asks for values.
      if (s.counted) return []
      // The prefix is needed to set an element, not to take one away.
      if (isMetadata(s, check.arg))
        return bad(`type === 2 && ${v === 'key' ? 'metadata !== undefined && ' : ''}${v} === undefined`, 'nonNull')
      return bad(`${v} === undefined`, 'nonNull')
    case 'mustBeNull':
      return isMetadata(s, check.arg) && arg
        ? bad(`(type === 0 || type === 1) && ${v} !== undefined`, 'mustBeNull')
        : []
    case 'nonNegative':
      if (arg?.v.kind !== 'int' || arg.v.wire !== 'int') return []
      // -1 asks for the total of all CPUs.
      return bad(name === 'virDomainGetCPUStats' ? `${v} < -1` : `${v} < 0`, 'nonNegative')
    case 'positive':
      if (isArray(counted)) return bad(`${length(counted)} === 0`, 'positive')
      // Without room for maps none are asked for.
      if (name === 'virDomainGetVcpus' && check.arg === 'maplen') return []
      return arg?.v.kind === 'int' ? bad(`${v} <= 0`, 'positive') : []
    case 'nonZero':
      if (isArray(counted)) return bad(`${length(counted)} === 0`, 'nonZero')
      return arg && ['int', 'int64'].includes(arg.v.kind)
        ? bad(`${v} === ${arg.v.kind === 'int64' ? '0n' : '0'}`, 'nonZero')
        : arg?.v.kind === 'params'
          ? bad(`${v}.values.length === 0`, 'nonZero')
          : []
    case 'nonEmptyString':
      return arg
        ? [...(arg.v.optional ? bad(`${v} === undefined`, 'nonNull') : []), ...bad(`${v} === ''`, 'nonEmptyString')]
        : []
    case 'nonEmptyIfSet':
      return arg ? bad(`${v} === ''`, 'nonEmptyString') : []
    case 'exclusiveFlags': {
      if (!s.flags) return []
      const [a, b] = check.flags
      return [
        `exclusiveFlags(${flagsValue(s)}, ${s.enumValue.get(a)}, ${quote(a)}, ${s.enumValue.get(b)}, ${quote(b)}, ${quote(name)}, ${domain})`,
      ]
    }
    case 'requireFlag':
      return s.flags
        ? [
            `requireFlag(${flagsValue(s)}, ${s.enumValue.get(check.flag)}, ${quote(check.flag)}, ${s.enumValue.get(check.needs)}, ${quote(check.needs)}, ${quote(name)}, ${domain})`,
          ]
        : []
    default:
      return []
  }
}
/** Metadata elements need what title and description must not have. */
const isMetadata = (s, arg) =>
  ['nonNull', 'mustBeNull'].every((kind) => s.fn?.argChecks?.some((c) => c.check === kind && c.arg === arg)) &&
  s.slotArgs.some((a) => a.name === 'type')
const flagsValue = (s) => s.flags.name
const snake = (name = '') => name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)
