// SPDX-License-Identifier: GPL-2.0-or-later
// Access control of the gate, over the wire: what is asked is what libvirt's protocol file says, about what the driver
// knows, and nothing is done before the answer.
import { type AclObject, type AclSubject, ErrorDomain, ErrorNumber, gate, LocalConnection, virtError } from '@virt/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { argumentsOf, GlassBench, glassSession, own, reached, type SpecRule, type SpecSlot, slots } from './glass.js'

interface Check {
  readonly object: AclObject
  readonly subject: AclSubject
  readonly perm: string
}

/** Rules that the gate can ask: the driver asks where the subject comes out of the call. */
const gated = ({ procedure, subject }: SpecSlot): SpecRule[] =>
  (procedure.acl ?? []).filter((r) => r.object === 'connect' || r.object === subject?.v.object)

const bitsOf = (slot: SpecSlot, names: readonly string[] = []): number =>
  names.reduce((bits, name) => (bits | (slot.enumValue.get(name) as number)) >>> 0, 0)

const applies = (slot: SpecSlot, rule: SpecRule, flags: number, source: number): boolean => {
  const set = bitsOf(slot, rule.whenFlagsSet)
  if ((flags & set) >>> 0 !== set || (flags & bitsOf(slot, rule.whenFlagsClear)) !== 0) return false
  return rule.whenParam === undefined || slot.enumValue.get(rule.whenParam.value) === source
}

/** Every way of calling a slot that makes its rules differ. */
function variants(slot: SpecSlot): { flags: number; source: number }[] {
  const rules = gated(slot)
  const flags = new Set([0])
  for (const rule of rules) {
    flags.add(bitsOf(slot, rule.whenFlagsSet))
    flags.add(bitsOf(slot, rule.whenFlagsClear))
  }
  const sources = rules.some((r) => r.whenParam !== undefined) ? [0, 1, 2] : [1]
  return [...flags].flatMap((f) => sources.map((source) => ({ flags: f, source })))
}

const checked = slots.filter((slot) => gated(slot).length > 0)
// Nothing in memory carries descriptors.
const wired = checked.filter((slot) => slot.fds === undefined && slot.name !== 'connectSetIdentity')

describe('access to a slot', () => {
  let asked: Check[] = []
  let refused: (check: Check) => boolean = () => false
  let bench: GlassBench
  const check = (object: AclObject, subject: AclSubject, perm: string): void => {
    asked.push({ object, subject, perm })
    if (refused({ object, subject, perm })) throw virtError(ErrorNumber.ACCESS_DENIED, ErrorDomain.ACCESS, 'no')
  }
  const expected = (slot: SpecSlot, flags: number, source: number): Check[] =>
    gated(slot)
      .filter((rule) => applies(slot, rule, flags, source))
      .map(({ object, perm }) => ({
        object: object as AclObject,
        perm,
        subject: object === 'connect' ? undefined : own[object as keyof typeof own],
      }))
  beforeAll(async () => {
    bench = await GlassBench.open(() => check)
  })
  afterAll(() => bench[Symbol.asyncDispose]())

  let checks = 0
  let calls = 0
  it.each(wired.map((slot) => [slot.name, slot] as const))('%s', async (_, slot) => {
    for (const { flags, source } of variants(slot)) {
      const args = argumentsOf(slot, flags, source)
      const rules = expected(slot, flags, source)
      refused = () => false
      // The client may want to know first what the daemon can do; it asks once.
      await bench.call(slot, args)
      asked = []
      expect(await bench.call(slot, args)).toMatchObject({ message: expect.stringContaining(reached) })
      expect(asked).toEqual(rules)
      for (const rule of rules) {
        refused = ({ object, perm }) => object === rule.object && perm === rule.perm
        asked = []
        expect(await bench.call(slot, args)).toMatchObject({ number: 88, domain: 55, message: 'access denied: no' })
        expect(asked).toEqual(rules.slice(0, rules.findIndex(refused) + 1))
        checks++
      }
      calls++
    }
  })

  it('was tried for every slot that the gate asks for', () => {
    console.log(`access: ${wired.length} slots, ${calls} ways of calling them, ${checks} refusals over the wire`)
    const fdSlots = checked.filter((slot) => !wired.includes(slot)).map((slot) => slot.name)
    expect(fdSlots.sort()).toEqual([
      'connectSetIdentity',
      'domainCreateWithFiles',
      'domainFDAssociate',
      'domainLxcOpenNamespace',
      'domainOpenGraphics',
      'domainOpenGraphicsFD',
      'domainQemuMonitorCommandWithFiles',
    ])
  })

  it.each(checked.filter((slot) => slot.fds !== undefined).map((slot) => [slot.name, slot] as const))(
    '%s, which carries descriptors',
    (_, slot) => {
      asked = []
      refused = () => false
      const call = {
        connection: new LocalConnection(false, {}),
        slot: undefined,
        check,
        signal: new AbortController().signal,
      }
      const gates = gate as unknown as Record<string, (...args: unknown[]) => unknown>
      const through = (): unknown => gates[slot.name]?.(glassSession(), call, ...argumentsOf(slot, 0), [])
      expect(through).toThrow(reached)
      expect(asked).toEqual(expected(slot, 0, 1))
      for (const rule of expected(slot, 0, 1)) {
        refused = ({ perm }) => perm === rule.perm
        expect(through).toThrow('access denied: no')
      }
    },
  )

  it('is refused where a driver cannot tell its own record', () => {
    const call = {
      connection: new LocalConnection(false, {}),
      slot: undefined,
      check: () => {},
      signal: new AbortController().signal,
    }
    const dom = { name: 'claimed', uuid: own.domain.uuid, id: 1 }
    expect(() => gate.domainCreate(glassSession({}), call, dom)).toThrow('access denied')
    expect(() => gate.domainCreate(glassSession({ delegatesAccess: true }), call, dom)).toThrow(reached)
    expect(() => gate.domainCreate(glassSession({}), { ...call, check: undefined }, dom)).toThrow(reached)
  })
})
