// SPDX-License-Identifier: LGPL-2.1-or-later
// The checks that every slot's gate is made of. The gates themselves, one per slot, are generated (gate.gen.ts).
import type { AclObject } from './acl.gen.js'
import { ErrorDomain, ErrorNumber } from './error-table.gen.js'
import { noSupport, VirtError, virtError } from './errors.js'
import type { SlotName } from './spi.gen.js'
import type { AclRule, Answer, Call, Session } from './spi.js'

/** @throws VirtError `operation-denied` with the function's name */
export function refuseReadOnly(publicName: string, domain: number, withFlag?: string): never {
  const detail =
    withFlag === undefined
      ? `read only access prevents ${publicName}`
      : withFlag === ''
        ? `read only access prevents ${publicName}`
        : `${publicName} with ${withFlag} flag`
  throw virtError(ErrorNumber.OPERATION_DENIED, domain, detail, {
    op: publicName,
    details: 'open the connection for writing',
  })
}

/** @throws VirtError `no-support` with the function's name */
export function missing(publicName: string, domain: number): never {
  throw noSupport(publicName, domain)
}

const argumentTexts = {
  nonNull: (arg: string, fn: string) => `${arg} in ${fn} must not be NULL`,
  mustBeNull: (arg: string, fn: string) => `${arg} in ${fn} must be NULL`,
  noNewlines: () => "metadata title can't contain newlines",
  nonNegative: (arg: string, fn: string) => `${arg} in ${fn} must be zero or greater`,
  positive: (arg: string, fn: string) => `${arg} in ${fn} must be greater than zero`,
  nonZero: (arg: string, fn: string) => `${arg} in ${fn} must not be zero`,
  nonEmptyString: (arg: string, fn: string) => `string ${arg} in ${fn} must not be empty`,
}

/** @throws VirtError `invalid-arg`: argument checks carry function and argument in str1 and str2, and no prefix in the text */
export function invalidArgument(kind: keyof typeof argumentTexts, arg: string, fn: string, domain: number): never {
  throw plainInvalid(argumentTexts[kind](arg, fn), fn, arg, domain)
}

/** @throws VirtError `invalid-arg` with a text of its own */
export function refuseArgument(message: string, fn: string, arg: string, domain: number): never {
  throw plainInvalid(message, fn, arg, domain)
}

/** Memory in KiB that can still be counted in bytes. */
const mostMemory = ((1n << 63n) - 1n) / 1024n

/** @throws VirtError `overflow` for more memory, in KiB, than can be counted in bytes */
export function countableMemory(memory: bigint, domain: number): void {
  if (memory >= mostMemory) throw virtError(ErrorNumber.OVERFLOW, domain, `input too large: ${memory}`)
}

function plainInvalid(message: string, fn: string, arg: string, domain: number): VirtError {
  return new VirtError(message, {
    number: ErrorNumber.INVALID_ARG,
    domain,
    str1: fn,
    str2: arg,
    int1: 0,
    int2: 0,
    op: fn,
  })
}

/** parity: what libvirt's errors about pairs of flags call the argument. */
const flagsArgument = 'ctl'

/** @throws VirtError `invalid-arg` when both flags are set */
export function exclusiveFlags(
  flags: number,
  a: number,
  aName: string,
  b: number,
  bName: string,
  fn: string,
  domain: number,
): void {
  if ((flags & a) !== 0 && (flags & b) !== 0)
    throw plainInvalid(`Flags '${aName}' and '${bName}' are mutually exclusive`, fn, flagsArgument, domain)
}

/** @throws VirtError `invalid-arg` when `flag` is set without `needed` */
export function requireFlag(
  flags: number,
  flag: number,
  flagName: string,
  needed: number,
  neededName: string,
  fn: string,
  domain: number,
): void {
  if ((flags & flag) !== 0 && (flags & needed) === 0)
    throw plainInvalid(`Flag '${neededName}' is required by flag '${flagName}'`, fn, flagsArgument, domain)
}

/** @throws VirtError `invalid-arg` naming the driver's function and the bits it does not know */
export function unsupportedFlags(session: Session, slot: SlotName, flags: number | bigint, mask: number): never {
  const fn = session.supports?.[slot]?.fn ?? slot
  const bits = typeof flags === 'bigint' ? flags & ~BigInt(mask) : (flags & ~mask) >>> 0
  throw plainInvalid(
    `unsupported flags (0x${bits.toString(16)}) in function ${fn}`,
    fn,
    'flags',
    session.supports?.[slot]?.errorDomain ?? session.errorDomain ?? ErrorDomain.NONE,
  )
}

/**
 * Refuses a session that cannot tell its own record from what the client says of it: nothing could be checked.
 * @throws VirtError `access-denied`
 */
export function unresolved(session: Session, publicName: string): never {
  throw virtError(ErrorNumber.ACCESS_DENIED, ErrorDomain.ACCESS, undefined, {
    op: publicName,
    details: `the driver of ${session.uri ?? 'this connection'} cannot resolve what is named`,
  })
}

/** `VIR_DRV_FEATURE_TYPED_PARAM_STRING` */
const typedStrings = 9

/** Flags with `VIR_TYPED_PARAM_STRING_OKAY` for drivers that know it: the caller of a getter always takes strings. */
export function stringsOkay(session: Session, call: Call, flags: number): number {
  return session.connectSupportsFeature?.(call, typedStrings) === 1 ? flags | 4 : flags
}

/** Asks for each rule that applies, in order; a promise only when the access driver needs one. */
export function access(
  call: Call,
  rules: readonly AclRule[],
  subject: object | undefined,
  flags: number | bigint,
  when?: number,
): Promise<void> | undefined {
  const check = call.check
  if (check === undefined) return undefined
  const bits = typeof flags === 'bigint' ? Number(flags & 0xffffffffn) : flags
  for (let i = 0; i < rules.length; i++) {
    const rule = rules[i] as AclRule
    if (!applies(rule, bits, when)) continue
    const answer = check(rule.object, rule.object === 'connect' ? undefined : subject, rule.perm)
    if (answer !== undefined) return rest(call, answer as Promise<void>, rules, i + 1, subject, flags, when)
  }
  return undefined
}

async function rest(
  call: Call,
  first: Promise<void>,
  rules: readonly AclRule[],
  from: number,
  subject: object | undefined,
  flags: number | bigint,
  when: number | undefined,
): Promise<void> {
  await first
  await access(call, rules.slice(from), subject, flags, when)
}

function applies(rule: AclRule, flags: number, when: number | undefined): boolean {
  if (rule.set !== undefined && (flags & rule.set) >>> 0 !== rule.set) return false
  if (rule.clear !== undefined && (flags & rule.clear) !== 0) return false
  return rule.when === undefined || rule.when[1] === when
}

/** Keeps what the caller may see: for lists, whose subjects come out of the driver. */
export function visible<T extends object>(
  call: Call,
  object: AclObject,
  perm: string,
  items: readonly T[],
): Answer<readonly T[]> {
  const check = call.check
  if (check === undefined) return items
  const verdicts = items.map((item) => allowed(() => check(object, item, perm, true)))
  if (!verdicts.some(isPromise)) return items.filter((_, i) => verdicts[i] === true)
  return Promise.all(verdicts.map(async (verdict) => verdict)).then((all) => items.filter((_, i) => all[i]))
}

function allowed(ask: () => Answer<void>): Answer<boolean> {
  const refused = (error: unknown): boolean => {
    if (error instanceof VirtError && error.code === 'access-denied') return false
    throw error
  }
  try {
    const answer = ask()
    return answer === undefined ? true : answer.then(() => true, refused)
  } catch (error) {
    return refused(error)
  }
}

/** Whether an answer is still to come. */
export function isPromise<T>(answer: Answer<T>): answer is Promise<T> {
  return typeof answer === 'object' && answer !== null && typeof (answer as { then?: unknown }).then === 'function'
}
