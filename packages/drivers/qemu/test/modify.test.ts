// SPDX-License-Identifier: LGPL-2.1-or-later
import { existsSync, readFileSync } from 'node:fs'
import type { Domain } from '@virt/conf'
import type { Call } from '@virt/core'
import { impactOf } from '@virt/stateful'
import { describe, expect, it } from 'vitest'
import { documentOf, modifyDomain } from '../src/domain/modify.js'
import { runningGuest } from './guest.js'

const call = { slot: undefined, signal: new AbortController().signal } as unknown as Call
const live = 1
const config = 2
const titled = (title: string) => (document: Domain) => ({ ...document, title })

describe('what flags are about', () => {
  it.each([
    // active, persistent, flags, what comes of it
    [true, true, 0, 'live'],
    [true, true, live, 'live'],
    [true, true, config, 'config'],
    [true, true, live | config, 'live config'],
    [true, false, 0, 'live'],
    [true, false, config, 'transient domains do not have any persistent config'],
    [true, false, live | config, 'transient domains do not have any persistent config'],
    [false, true, 0, 'config'],
    [false, true, config, 'config'],
    [false, true, live, 'domain is not running'],
    [false, true, live | config, 'domain is not running'],
  ])('active %s, persistent %s, flags %i: %s', async (active, persistent, flags, expected) => {
    const { domain } = await runningGuest()
    domain.id = active ? 1 : -1
    domain.persistent = persistent
    const say = (): string => {
      try {
        return Object.entries(impactOf(domain, flags))
          .filter(([, holds]) => holds)
          .map(([name]) => name)
          .join(' ')
      } catch (error) {
        return (error as Error).message.replace('Requested operation is not valid: ', '')
      }
    }
    expect(say()).toBe(expected)
  })

  it('is one document for a question', async () => {
    const { domain } = await runningGuest()
    domain.persistent = true
    domain.next = { ...domain.def, title: 'next' }
    expect(documentOf(domain, 0)).toBe(domain.def)
    expect(documentOf(domain, config).title).toBe('next')
    expect(() => documentOf(domain, live | config)).toThrow(/mutually exclusive/)
  })
})

describe('a change', () => {
  it('is of the guest and of its definition', async () => {
    const { state, domain } = await runningGuest()
    await state.prepare()
    domain.persistent = true
    domain.keepNext()
    await modifyDomain(state, call, domain, live | config, { live: () => titled('now'), config: titled('next time') })
    expect(domain.def.title).toBe('now')
    expect(domain.next?.title).toBe('next time')
    expect(readFileSync(state.configs.pathOf('guest'), 'utf8')).toContain('<title>next time</title>')
  })

  it('keeps what the guest tells while QEMU is asked', async () => {
    const { state, domain, run, far, tell } = await runningGuest()
    far.onLine = (line) => {
      const { id } = JSON.parse(line) as { id: string }
      tell('DEVICE_TRAY_MOVED', { device: '', id: 'ide0-1-0', 'tray-open': true })
      far.write(`${JSON.stringify({ id, return: {} })}\r\n`)
    }
    await modifyDomain(state, call, domain, live, {
      async live() {
        await run.monitor.command('qom-set', { path: '/objects/iothread1', property: 'poll-max-ns', value: 1 })
        return titled('now')
      },
    })
    const tray = domain.def.devices?.disks.find(({ alias }) => alias === 'ide0-1-0')?.target?.tray
    expect([domain.def.title, tray]).toEqual(['now', 'open'])
  })

  it('is none of a guest that has ended meanwhile', async () => {
    const { state, domain } = await runningGuest()
    const changed = modifyDomain(state, call, domain, live, {
      live() {
        domain.jobs.newLife()
        return titled('never')
      },
    })
    await expect(changed).rejects.toThrow(/domain is no longer running/)
    expect(domain.def.title).toBeUndefined()
  })

  it('is none where QEMU refuses it', async () => {
    const { state, domain, run, far } = await runningGuest()
    domain.persistent = true
    domain.keepNext()
    far.onLine = (line) => {
      const { id } = JSON.parse(line) as { id: string }
      far.write(`${JSON.stringify({ id, error: { class: 'GenericError', desc: 'not now' } })}\r\n`)
    }
    const changed = modifyDomain(state, call, domain, live | config, {
      async live() {
        await run.monitor.command('balloon', { value: 1 })
        return titled('never')
      },
      config: titled('never'),
    })
    await expect(changed).rejects.toThrow(/not now/)
    expect(domain.next?.title).toBeUndefined()
    expect(existsSync(state.configs.pathOf('never'))).toBe(false)
  })

  it('is none where the definition cannot be so', async () => {
    const { state, domain } = await runningGuest()
    domain.persistent = true
    let asked = false
    const changed = modifyDomain(state, call, domain, live | config, {
      live() {
        asked = true
        return undefined
      },
      config() {
        throw new Error('impossible')
      },
    })
    await expect(changed).rejects.toThrow('impossible')
    expect(asked).toBe(false)
  })

  it('waits for its turn', async () => {
    const { state, domain } = await runningGuest()
    const order: string[] = []
    const first = domain.jobs.run(undefined, 'modify', async () => {
      await new Promise((resolve) => setImmediate(resolve))
      order.push('first')
    })
    const second = modifyDomain(state, call, domain, live, {
      live() {
        order.push('second')
        return undefined
      },
    })
    await Promise.all([first, second])
    expect(order).toEqual(['first', 'second'])
  })
})
