// SPDX-License-Identifier: LGPL-2.1-or-later
// What is called on which end, whatever fails.
import { describe, expect, it } from 'vitest'
import { ErrorDomain, ErrorNumber, type MigrationCalls, runProtocol, virtError } from '../../src/index.js'

const there = { name: 'web', uuid: '6695eb01-f6a4-8304-79aa-97f2502e193f', id: 7 }
const cookie = (text: string): Uint8Array => Buffer.from(text)
const wrong = (what: string): Error => virtError(ErrorNumber.OPERATION_FAILED, ErrorDomain.QEMU, what)

interface Plan {
  /** Calls that fail. */
  readonly fails?: Readonly<Record<string, Error>>
  readonly paused?: boolean
  readonly uriOut?: string | undefined
  readonly uri?: string
  readonly flags?: number
  readonly protection?: boolean
}

/** Runs it. @returns each call with its cookie and flags, and how it ended */
async function run(plan: Plan) {
  const { fails = {}, paused = false, uri, flags = 1, protection = true } = plan
  const uriOut = 'uriOut' in plan ? plan.uriOut : 'tcp:b:1'
  const log: string[] = []
  const warnings: string[] = []
  const call = (name: string, given: string, bits: number): void => {
    log.push(`${name}(${given}) 0x${bits.toString(16)}`)
    const error = fails[name]
    if (error !== undefined) throw error
  }
  const calls: MigrationCalls = {
    async begin(bits) {
      call('begin', '', bits)
      return { xml: '<domain/>', cookie: cookie('1') }
    },
    paused: async () => paused,
    async prepare(xml, given, bits) {
      expect(xml).toBe('<domain/>')
      call('prepare', `${Buffer.from(given)}`, bits)
      return { uri: uriOut, cookie: cookie('2') }
    },
    async perform(where, given, bits) {
      call('perform', `${where} ${Buffer.from(given)}`, bits)
      return cookie('3')
    },
    async finish(where, given, bits, cancelled) {
      call(cancelled ? 'cancel' : 'finish', `${where} ${Buffer.from(given)}`, bits)
      return { domain: there, cookie: cookie('4') }
    },
    async confirm(given, bits, cancelled) {
      call(cancelled ? 'back' : 'confirm', `${Buffer.from(given)}`, bits)
    },
  }
  const warn = (error: Error): void => void warnings.push(error.message)
  const end = await runProtocol({ calls, flags, protection, uri, warn }).then(
    (domain) => domain,
    (error: Error) => error.message,
  )
  return { log, end, warnings }
}

describe('protocol 3', () => {
  it('hands the cookies on and keeps the source’s flags from the destination', async () => {
    // LIVE, CHANGE_PROTECTION as asked for, ABORT_ON_ERROR, AUTO_CONVERGE
    const { log, end } = await run({ flags: 0x3101 })
    expect(end).toEqual(there)
    expect(log).toEqual([
      'begin() 0x3101',
      'prepare(1) 0x1',
      'perform(tcp:b:1 2) 0x3101',
      'finish(tcp:b:1 3) 0x1',
      'confirm(4) 0x3101',
    ])
  })

  it('does not ask for protection where the source has none', async () => {
    const { log } = await run({ protection: false })
    expect(log.map((line) => line.split(' ').at(-1))).toEqual(['0x1', '0x1', '0x1', '0x1', '0x1'])
  })

  it('keeps a paused guest paused, but not when it resumes', async () => {
    expect((await run({ paused: true })).log[1]).toBe('prepare(1) 0x21')
    expect((await run({ paused: true, flags: 0x88001 })).log[1]).toBe('prepare(1) 0x88001')
  })

  it('takes the caller’s URI where the destination names none', async () => {
    expect((await run({ uriOut: undefined, uri: 'tcp:own:9' })).log[2]).toBe('perform(tcp:own:9 2) 0x101')
  })

  it('sends nothing offline', async () => {
    const { log, end } = await run({ flags: 0x400 })
    expect(end).toEqual(there)
    expect(log.map((line) => line.split('(')[0])).toEqual(['begin', 'prepare', 'finish', 'confirm'])
    expect(log[2]).toBe('finish(tcp:b:1 ) 0x400')
  })

  // Every step that can fail, with and without protection: what is called, and which error the caller gets.
  it.each([
    { fails: ['begin'], calls: 'begin', end: 'begin' },
    { fails: ['prepare'], calls: 'begin prepare back', end: 'prepare' },
    { fails: ['prepare'], protection: false, calls: 'begin prepare', end: 'prepare' },
    { fails: ['prepare', 'back'], calls: 'begin prepare back', end: 'prepare', warnings: 1 },
    { fails: ['perform'], calls: 'begin prepare perform cancel', end: 'perform' },
    { fails: ['finish'], calls: 'begin prepare perform finish back', end: 'finish' },
    { fails: ['finish', 'back'], calls: 'begin prepare perform finish back', end: 'finish', warnings: 1 },
    { fails: ['confirm'], calls: 'begin prepare perform finish confirm', end: undefined, warnings: 1 },
    { fails: [], uriOut: undefined, calls: 'begin prepare cancel back', end: 'did not set uri' },
    { fails: ['cancel'], uriOut: undefined, calls: 'begin prepare cancel back', end: 'did not set uri' },
  ])('calls $calls when $fails fail', async ({ fails, calls, end, protection, warnings = 0, ...rest }) => {
    const errors = Object.fromEntries(fails.map((name) => [name, wrong(name)]))
    const plan = 'uriOut' in rest ? { uriOut: rest.uriOut } : {}
    const told = await run({ fails: errors, protection: protection ?? true, ...plan })
    expect(told.log.map((line) => line.split('(')[0]).join(' ')).toBe(calls)
    expect(told.warnings).toHaveLength(warnings)
    if (end === undefined) expect(told.end).toEqual(there)
    else expect(told.end).toContain(end)
  })

  it('tells both reasons when the guest died over there', async () => {
    const { end } = await run({ fails: { perform: wrong('no route'), cancel: wrong('out of memory') } })
    expect(end).toBe(
      'operation failed: migration failed. Message from the source host: operation failed: no route. ' +
        'Message from the destination host: operation failed: out of memory',
    )
  })

  it.each([
    ['nothing to complain about', virtError(ErrorNumber.MIGRATE_FINISH_OK, ErrorDomain.QEMU)],
    ['an error of the connection', virtError(ErrorNumber.RPC, ErrorDomain.RPC, 'gone')],
  ])('tells the source’s reason alone when the destination has %s', async (_, error) => {
    const { end } = await run({ fails: { perform: wrong('no route'), cancel: error } })
    expect(end).toBe('operation failed: no route')
  })

  it('stops between the steps', async () => {
    const log: string[] = []
    let stop: Error | undefined
    const calls: MigrationCalls = {
      begin: async () => ({ xml: '', cookie: cookie('') }),
      paused: async () => false,
      async prepare() {
        stop = new Error('enough')
        return { uri: 'tcp:b:1', cookie: cookie('') }
      },
      perform: async () => cookie(`${log.push('perform')}`),
      finish: async (_uri, _cookie, _flags, cancelled) => {
        log.push(`finish ${cancelled}`)
        return { domain: there, cookie: cookie('') }
      },
      confirm: async (_cookie, _flags, cancelled) => void log.push(`confirm ${cancelled}`),
    }
    const course = { calls, flags: 1, protection: true, uri: undefined, stopped: () => stop }
    await expect(runProtocol(course)).rejects.toThrow('enough')
    expect(log).toEqual(['finish true', 'confirm true'])
  })
})
