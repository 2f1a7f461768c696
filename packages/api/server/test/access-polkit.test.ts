// SPDX-License-Identifier: LGPL-2.1-or-later
import { type AccessCheck, type AclObject, type Identity, isPromise } from '@virt/core'
import { FakeClock } from '@virt/rpc/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import { accessDriver } from '../src/access.js'
import type { PolkitAuthority, PolkitQuestion, PolkitVerdict } from '../src/polkit-authority.js'

const who: Identity = { processId: 42, processTime: 7n, unixUserId: 1000, userName: 'fred' }
const dom = { name: 'web', uuid: '00000000-0000-0000-0000-000000000001' }

/** An authority whose answers are given by hand. */
class HandAuthority {
  readonly asked: PolkitQuestion[] = []
  answer: (question: PolkitQuestion) => Promise<PolkitVerdict> = () => Promise.resolve(verdict(true))
  #changed: (() => void)[] = []

  check(question: PolkitQuestion): Promise<PolkitVerdict> {
    this.asked.push(question)
    return this.answer(question)
  }
  onChanged(fn: () => void): Disposable {
    this.#changed.push(fn)
    return { [Symbol.dispose]: () => {} }
  }
  change(): void {
    for (const fn of this.#changed) fn()
  }
}
const verdict = (authorized: boolean, challenge = false): PolkitVerdict => ({ authorized, challenge, details: {} })

describe('the access driver polkit', () => {
  let authority: HandAuthority
  let clock: FakeClock
  let log: string[]
  let check: AccessCheck
  const caller = { id: 3, identity: who as Identity, driverName: 'QEMU' }
  beforeEach(() => {
    authority = new HandAuthority()
    clock = new FakeClock()
    log = []
    caller.identity = who
    const say = (level: string) => (text: string) => void log.push(`${level} ${text}`)
    const made = accessDriver(['none', 'polkit'], {
      authority: authority as unknown as PolkitAuthority,
      clock,
      log: { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') },
    })
    check = (made as NonNullable<typeof made>)(caller)
  })
  const outcome = async (
    perm = 'start',
    subject: object | undefined = dom,
    object: AclObject = 'domain',
    filter?: boolean,
  ) => {
    try {
      await check(object, subject, perm, filter)
      return 'granted'
    } catch (error) {
      return (error as Error).message
    }
  }
  const denied = "access denied: 'QEMU' denied access"

  it('asks for libvirt’s action with libvirt’s attributes, about the process', async () => {
    expect(await outcome('send_input')).toBe('granted')
    expect(authority.asked).toEqual([
      {
        subject: { processId: 42, startTime: 7n, userId: 1000 },
        action: 'org.libvirt.api.domain.send-input',
        details: { connect_driver: 'QEMU', domain_name: dom.name, domain_uuid: dom.uuid },
      },
    ])
  })

  it('refuses with libvirt’s error, and tells the log who, what and why', async () => {
    authority.answer = async () => verdict(false)
    await expect(async () => await check('domain', dom, 'start')).rejects.toMatchObject({
      number: 88,
      domain: 55,
      message: denied,
      str2: "'QEMU' denied access",
    })
    expect(log).toEqual([
      `warn access denied: client 3 (user fred, uid 1000, process 42) may not start domain web ${dom.uuid} of QEMU: polkit: org.libvirt.api.domain.start is not authorized`,
    ])
  })

  it('makes no noise about what a list leaves out', async () => {
    authority.answer = async () => verdict(false)
    expect(await outcome('getattr', dom, 'domain', true)).toBe(denied)
    expect(log.map((line) => line.split(' ')[0])).toEqual(['debug'])
  })

  it('takes a challenge for a refusal: nobody is there to type a password', async () => {
    authority.answer = async () => verdict(false, true)
    expect(await outcome()).toBe(denied)
    expect(log[0]).toContain('org.libvirt.api.domain.start would need a password')
  })

  it('refuses whoever is no process of this host', async () => {
    for (const [identity, why] of [
      [{}, 'No UNIX process ID available'],
      [{ saslUserName: 'fred' }, 'No UNIX process ID available'],
      [{ processId: 1, unixUserId: 0 }, 'No process start time available'],
    ] as const) {
      caller.identity = identity
      expect(await outcome()).toBe(denied)
      expect(log.at(-1)).toContain(why)
    }
    expect(authority.asked).toEqual([])
  })

  it('refuses when polkit cannot be asked, and asks again the next time', async () => {
    authority.answer = () => Promise.reject(new Error('no bus'))
    expect(await outcome()).toBe(denied)
    expect(log[0]).toContain('could not be asked for: no bus')
    authority.answer = async () => verdict(true)
    expect(await outcome()).toBe('granted')
  })

  it('refuses a permission that libvirt does not have', async () => {
    expect(await outcome('fly')).toBe(denied)
    expect(await outcome('toString')).toBe(denied)
    expect(authority.asked).toEqual([])
  })

  it('keeps verdicts for five seconds, good and bad ones', async () => {
    for (const answer of [true, false]) {
      authority.asked.length = 0
      authority.answer = async () => verdict(answer)
      authority.change()
      const first = await outcome()
      expect(await outcome()).toBe(first)
      clock.advance(4999)
      authority.answer = async () => verdict(!answer)
      expect(await outcome()).toBe(first)
      expect(authority.asked).toHaveLength(1)
      clock.advance(1)
      expect(await outcome()).not.toBe(first)
      expect(authority.asked).toHaveLength(2)
    }
  })

  it('answers at once what it knows, so that a call needs no promise', async () => {
    await outcome()
    expect(check('domain', dom, 'start')).toBeUndefined()
    expect(isPromise(check('domain', dom, 'stop'))).toBe(true)
  })

  it('forgets them when polkit says that something has changed, those under way too', async () => {
    expect(await outcome()).toBe('granted')
    authority.answer = async () => verdict(false)
    authority.change()
    expect(await outcome()).toBe(denied)

    let settle: (v: PolkitVerdict) => void = () => {}
    authority.change()
    authority.answer = () =>
      new Promise((resolve) => {
        settle = resolve
      })
    const old = outcome()
    await Promise.resolve()
    const settleOld = settle
    authority.change()
    authority.answer = async () => verdict(false)
    settleOld(verdict(true))
    await old
    expect(await outcome()).toBe(denied)
  })

  it('asks once for what many want to know at the same time', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => outcome()))
    expect(new Set(all)).toEqual(new Set(['granted']))
    expect(authority.asked).toHaveLength(1)
  })

  it.each([
    ['process', { ...who, processId: 43 }],
    ['start time', { ...who, processTime: 8n }],
    ['user', { ...who, unixUserId: 1001 }],
  ])('knows another %s for somebody else', async (_, identity) => {
    await outcome()
    caller.identity = identity
    await outcome()
    expect(authority.asked).toHaveLength(2)
  })

  it('knows objects by all that rules may look at', async () => {
    await outcome()
    await outcome('start', { ...dom, name: 'other' })
    await outcome('start', { ...dom, uuid: dom.uuid.replace('1', '2') })
    await outcome('start', { ...dom, id: 7 })
    await outcome('start', {})
    expect(authority.asked).toHaveLength(4)
  })

  it('asks for an identity that was passed on, not for the one who passes it', async () => {
    caller.identity = { ...who, processId: 77 }
    await outcome()
    expect(authority.asked[0]?.subject.processId).toBe(77)
  })

  it('keeps only so many verdicts', async () => {
    for (let i = 0; i < 16_385; i++) await outcome('start', { ...dom, name: `d${i}` })
    const before = authority.asked.length
    await outcome('start', { ...dom, name: 'd16384' })
    expect(authority.asked).toHaveLength(before)
    await outcome('start', { ...dom, name: 'd0' })
    expect(authority.asked).toHaveLength(before + 1)
  })
})

describe('attributes', () => {
  it.each([
    ['connect', undefined, {}],
    [
      'interface',
      { name: 'eth0', mac: '52:54:00:00:00:01' },
      { interface_name: 'eth0', interface_macaddr: '52:54:00:00:00:01' },
    ],
    ['network', dom, { network_name: 'web', network_uuid: dom.uuid }],
    ['network_port', { uuid: 'p', net: dom }, { network_name: 'web', network_uuid: dom.uuid, port_uuid: 'p' }],
    ['node_device', { name: 'computer' }, { node_device_name: 'computer' }],
    ['nwfilter', dom, { nwfilter_name: 'web', nwfilter_uuid: dom.uuid }],
    [
      'nwfilter_binding',
      { portdev: 'vnet0', linkdev: 'eth0', filtername: 'clean' },
      { nwfilter_binding_portdev: 'vnet0', nwfilter_binding_linkdev: 'eth0', nwfilter_binding_filter: 'clean' },
    ],
    ['secret', { uuid: 's', usageType: 0, usageID: '' }, { secret_uuid: 's' }],
    ['secret', { uuid: 's', usageType: 1, usageID: '/v' }, { secret_uuid: 's', secret_usage_volume: '/v' }],
    ['secret', { uuid: 's', usageType: 2, usageID: 'c' }, { secret_uuid: 's', secret_usage_ceph: 'c' }],
    ['secret', { uuid: 's', usageType: 3, usageID: 't' }, { secret_uuid: 's', secret_usage_target: 't' }],
    ['secret', { uuid: 's', usageType: 4, usageID: 'n' }, { secret_uuid: 's', secret_usage_name: 'n' }],
    ['secret', { uuid: 's', usageType: 5, usageID: 'n' }, { secret_uuid: 's', secret_usage_name: 'n' }],
    ['storage_pool', dom, { pool_name: 'web', pool_uuid: dom.uuid }],
    [
      'storage_vol',
      { pool: 'p', poolUuid: 'u', name: 'v', key: '/p/v' },
      { pool_name: 'p', pool_uuid: 'u', vol_name: 'v', vol_key: '/p/v' },
    ],
    ['storage_vol', { pool: 'p', poolUuid: 'u', name: 'v' }, { pool_name: 'p', pool_uuid: 'u', vol_name: 'v' }],
  ] as const)('of a %s are libvirt’s', async (object, subject, attributes) => {
    const authority = new HandAuthority()
    const made = accessDriver(['polkit'], {
      authority: authority as unknown as PolkitAuthority,
      clock: new FakeClock(),
      log: { debug() {}, info() {}, warn() {}, error() {} },
    })
    await made?.({ id: 1, identity: who, driverName: 'QEMU' })(object, subject, 'getattr')
    expect(authority.asked[0]?.details).toEqual({ connect_driver: 'QEMU', ...attributes })
  })
})

describe('access drivers', () => {
  const options = { authority: {} as PolkitAuthority, clock: new FakeClock(), log: {} as never }
  it('are none when none is named', () => {
    expect(accessDriver([], options)).toBeUndefined()
    expect(accessDriver(['none'], options)).toBeUndefined()
  })
  it.each(['selinux', '', 'constructor'])('are refused when nobody knows them: "%s"', (name) => {
    expect(() => accessDriver(['none', name], options)).toThrow(`internal error: Cannot find security driver '${name}'`)
  })
})
