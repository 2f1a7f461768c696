// SPDX-License-Identifier: LGPL-2.1-or-later
// Links that guests share with the host, on a table of links that takes its time.
import { domain as documents } from '@virt/conf'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { turnFoundLinks, turnLinks } from '../src/process/link-turns.js'
import { removeMacvtaps } from '../src/resources/macvtaps.js'
import { delivered, type RunningGuest, runningGuest } from './guest.js'

interface Row {
  readonly index: number
  readonly kind?: string
  readonly parent?: number
  up: boolean
}

/** Links of a host; what is asked of it is done later. */
class Table {
  readonly rows = new Map<string, Row>()
  readonly done: string[] = []
  readonly stuck = new Set<string>()

  async find(name: string): Promise<Row | undefined> {
    await delivered()
    const row = this.rows.get(name)
    return row === undefined ? undefined : { ...row }
  }

  async set(name: string, { up }: { readonly up: boolean }): Promise<void> {
    await delivered()
    await delivered()
    const row = this.rows.get(name)
    if (row !== undefined) row.up = up
    this.done.push(`${name} ${up ? 'up' : 'down'}`)
  }

  async delete(name: string): Promise<void> {
    await delivered()
    if (this.stuck.has(name)) throw new Error(`${name} is stuck`)
    this.rows.delete(name)
  }

  close(): void {}
}

const documentOn = (names: readonly string[]) =>
  documents.parse(
    `<domain type='qemu'><name>guest</name><memory>4096</memory><os><type arch='x86_64' machine='pc'>hvm</type></os><devices>${names
      .map((name) => `<interface type='direct'><source dev='eth0' mode='bridge'/><target dev='${name}'/></interface>`)
      .join('')}</devices></domain>`,
    { raw: true },
  )

let guest: RunningGuest
let table: Table

beforeEach(async () => {
  guest = await runningGuest()
  table = new Table()
  table.rows.set('eth0', { index: 2, up: true })
  table.rows.set('macvtap0', { index: 3, kind: 'macvtap', parent: 2, up: true })
  Object.assign(guest.state.native, { links: { open: async () => table } })
  guest.domain.def = documentOn(['macvtap0'])
})

describe('links of a guest', () => {
  it('are up when it goes on at once after it has stopped', async () => {
    guest.tell('STOP')
    guest.tell('RESUME')
    await turnLinks(guest.state, guest.domain, guest.run, true)
    expect(table.done).toEqual(['macvtap0 down', 'macvtap0 up'])
  })

  it('are as a new daemon finds it, unless QEMU has told of it since', async () => {
    const { state, domain, run } = guest
    await turnFoundLinks(state, domain, run, false)
    guest.tell('RESUME')
    await turnFoundLinks(state, domain, run, false)
    expect(table.done).toEqual(['macvtap0 down', 'macvtap0 up'])
  })

  it('are left alone after its end', async () => {
    guest.domain.run = undefined
    await turnLinks(guest.state, guest.domain, guest.run, false)
    expect(table.done).toEqual([])
  })
})

describe('removing links', () => {
  it('leaves those that are not its own, and goes on after one that stays', async () => {
    table.rows.set('eth1', { index: 4, up: true })
    table.rows.set('other', { index: 5, kind: 'macvtap', parent: 4, up: true })
    table.rows.set('macvtap1', { index: 6, kind: 'macvtap', parent: 2, up: true })
    table.stuck.add('macvtap0')
    const warn = vi.spyOn(guest.state.services.log, 'warn').mockImplementation(() => {})
    await removeMacvtaps(guest.state, documentOn(['eth1', 'macvtap0', 'other', 'gone', 'macvtap1']))
    expect([...table.rows.keys()]).toEqual(['eth0', 'macvtap0', 'eth1', 'other'])
    expect(warn.mock.calls).toEqual([[expect.stringContaining('macvtap0 is stuck')]])
  })
})
