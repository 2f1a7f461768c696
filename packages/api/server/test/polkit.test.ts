// SPDX-License-Identifier: LGPL-2.1-or-later
import { ErrorDomain } from '@virt/core'
import { FakeClock } from '@virt/rpc/testing'
import { describe, expect, it } from 'vitest'
import { AuthType, type PolkitQuestion, type PolkitVerdict, polkit } from '../src/index.js'

const user = { unixUserId: 1000, processId: 77, processTime: 123n }
const verdict = (more: Partial<PolkitVerdict>): PolkitVerdict => ({
  authorized: false,
  challenge: false,
  details: {},
  ...more,
})

function bench(
  answer: PolkitVerdict | 'never',
  more: { identity?: object; readOnly?: boolean; gone?: AbortSignal } = {},
) {
  const asked: PolkitQuestion[] = []
  const lines: string[] = []
  const clock = new FakeClock()
  const authority = {
    check: (question: PolkitQuestion, signal?: AbortSignal): Promise<PolkitVerdict> => {
      asked.push(question)
      if (answer !== 'never') return Promise.resolve(answer)
      return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error)))
    },
  }
  const log = { debug() {}, info() {}, warn: (line: string) => void lines.push(line), error() {} }
  const make = polkit({ authority, clock, log, patience: 1000 })
  return { asked, lines, clock, auth: make({ identity: user, readOnly: false, ...more }) }
}

describe('authentication by polkit', () => {
  it('asks for the process that connected, and lets it in', async () => {
    const { auth, asked } = bench(verdict({ authorized: true }))
    expect([auth.types, auth.done]).toEqual([[AuthType.polkit], false])
    expect(await auth.polkit()).toEqual({ complete: 1 })
    expect(auth.done).toBe(true)
    expect(asked).toEqual([
      {
        subject: { processId: 77, startTime: 123n, userId: 1000 },
        action: 'org.libvirt.unix.manage',
        interactive: true,
      },
    ])
  })

  it('asks for less where only reading is possible, and for root nothing', async () => {
    const { auth, asked } = bench(verdict({ authorized: true }), { readOnly: true })
    await auth.polkit()
    expect(asked[0]?.action).toBe('org.libvirt.unix.monitor')
    const root = bench('never', { identity: { unixUserId: 0 } })
    expect([root.auth.done, root.auth.types]).toEqual([true, [AuthType.none]])
  })

  it.each([
    [verdict({}), 45, 'authentication failed: access denied by policy'],
    [
      verdict({ challenge: true }),
      94,
      "authentication unavailable: no polkit agent available to authenticate action 'org.libvirt.unix.manage'",
    ],
    [
      verdict({ challenge: true, details: { 'polkit.dismissed': 'true' } }),
      79,
      'authentication cancelled: user cancelled authentication process',
    ],
  ])('refuses as libvirt does (%#)', async (answer, number, message) => {
    const { auth, lines } = bench(answer)
    await expect(auth.polkit()).rejects.toMatchObject({ number, message, domain: ErrorDomain.POLKIT })
    expect(auth.done).toBe(false)
    expect(lines).toEqual([`polkit: process 77 of user 1000: ${message}`])
    // It may be tried again.
    await expect(auth.polkit()).rejects.toMatchObject({ number })
  })

  it.each([{}, { unixUserId: 1000, processId: 77 }, { unixUserId: 1000 }])(
    'lets nobody in whom the kernel does not know: %j',
    async (identity) => {
      const { auth, asked } = bench(verdict({ authorized: true }), { identity })
      await expect(auth.polkit()).rejects.toMatchObject({ number: 1 })
      expect([asked, auth.done]).toEqual([[], false])
    },
  )

  it('asks once at a time, and gives up with the client or when it takes too long', async () => {
    const late = bench('never')
    const first = late.auth.polkit()
    await expect(late.auth.polkit()).rejects.toMatchObject({ number: 39 })
    late.clock.advance(1000)
    await expect(first).rejects.toThrow('no answer within 1000 ms')
    const gone = new AbortController()
    const left = bench('never', { gone: gone.signal }).auth.polkit()
    gone.abort(new Error('the client has gone'))
    await expect(left).rejects.toThrow('the client has gone')
  })
})
