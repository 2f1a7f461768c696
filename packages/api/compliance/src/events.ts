// SPDX-License-Identifier: LGPL-2.1-or-later
// Events of every family: what a change says, in which order, to whom, and for how long.
import type { Connection, ConnectionEvents } from '@virt/core'
import { withDomain } from './moments.js'
import { check, type Suite, same, type Target, uniqueName } from './suite.js'

/** Events that are told of an object. */
type Name = Exclude<keyof ConnectionEvents, 'close' | 'resync' | 'error' | 'connectionClosed'>
interface Thing {
  readonly name?: string
  readonly uuid?: string
}

/** Kinds of a family's events about one object, in the order they came, while `fn` changes it. The last must be `last`. */
async function told(
  c: Connection,
  event: Name,
  mine: (thing: Thing) => boolean,
  last: string,
  fn: () => Promise<unknown>,
): Promise<string[]> {
  const seen: string[] = []
  let ended = (): void => {}
  const end = new Promise<void>((resolve) => {
    ended = resolve
  })
  const listener = (thing: Thing, { type }: { type?: string }): void => {
    if (!mine(thing)) return
    seen.push(type ?? event)
    if (seen.at(-1) === last) ended()
  }
  c.on(event, listener as never)
  try {
    await c.subscribed(event)
    await fn()
    let late: NodeJS.Timeout | undefined
    const deadline = new Promise<void>((resolve) => {
      late = setTimeout(resolve, 5000)
    })
    await Promise.race([end, deadline])
    clearTimeout(late)
  } finally {
    c.off(event, listener as never)
  }
  return seen
}

const named = (name: string) => (thing: Thing) => thing.name === name

export const events: Suite = {
  name: 'events',
  tests: [
    {
      name: 'a network tells of its life',
      needs: ['networkDefineXMLFlags', 'networkUndefine', 'networkCreate', 'networkDestroy'],
      async run(c, t) {
        const name = uniqueName('net')
        const seen = await told(c, 'networkLifecycle', named(name), 'undefined', async () => {
          const network = await c.networks.define(t.templates.network?.(name) ?? '')
          await network.create()
          await network.destroy()
          await network.undefine()
        })
        same(seen, ['defined', 'started', 'stopped', 'undefined'], 'events')
      },
    },
    {
      name: 'a pool tells of its life, and that it was looked at again',
      needs: [
        'storagePoolDefineXML',
        'storagePoolUndefine',
        'storagePoolCreate',
        'storagePoolDestroy',
        'storagePoolRefresh',
      ],
      async run(c, t) {
        const name = uniqueName('pool')
        const refreshed: string[] = []
        const seen = await told(c, 'storagePoolLifecycle', named(name), 'undefined', async () => {
          const pool = await c.pools.define(t.templates.pool?.(name) ?? '')
          await pool.create()
          refreshed.push(
            ...(await told(c, 'storagePoolRefresh', named(name), 'storagePoolRefresh', () => pool.refresh())),
          )
          await pool.destroy()
          await pool.undefine()
        })
        same(seen, ['defined', 'started', 'stopped', 'undefined'], 'events')
        same(refreshed, ['storagePoolRefresh'], 'refreshes')
      },
    },
    {
      name: 'a device tells that it was made and is gone',
      needs: ['nodeDeviceCreateXML', 'nodeDeviceDestroy'],
      async run(c, t) {
        const xml = t.templates.nodeDevice?.()
        if (xml === undefined) return
        let name = ''
        const seen = await told(
          c,
          'nodeDeviceLifecycle',
          (thing) => name === '' || thing.name === name,
          'deleted',
          async () => {
            const device = await c.nodeDevices.create(xml)
            name = device.name
            await device.destroy()
          },
        )
        same(seen, ['created', 'deleted'], 'events')
      },
    },
    {
      name: 'a secret tells of its life and of its value',
      needs: ['secretDefineXML', 'secretUndefine', 'secretSetValue'],
      async run(c, t) {
        let uuid = ''
        const values: string[] = []
        const mine = (thing: Thing): boolean => uuid === '' || thing.uuid === uuid
        const seen = await told(c, 'secretLifecycle', mine, 'undefined', async () => {
          const secret = await c.secrets.define(t.templates.secret?.(uniqueName('secret')) ?? '')
          uuid = secret.uuid
          values.push(
            ...(await told(c, 'secretValueChanged', mine, 'secretValueChanged', () =>
              secret.setValue(Uint8Array.of(1)),
            )),
          )
          await secret.undefine()
        })
        same(seen, ['defined', 'undefined'], 'events')
        same(values, ['secretValueChanged'], 'changes of the value')
      },
    },
    {
      name: 'a domain tells of a new title',
      needs: ['domainDefineXMLFlags', 'domainUndefineFlags', 'domainCreateWithFlags', 'domainSetMetadata'],
      run: (c, t) =>
        withDomain(c, t, async (d) => {
          const seen = await told(c, 'metadataChange', named(d.name), 'title', () => d.setMetadata('title', 'short'))
          same(seen, ['title'], 'events')
        }),
    },
    {
      name: 'who listens to one object hears of no other, and nobody who has stopped',
      needs: ['networkCreateXMLFlags', 'networkDestroy'],
      async run(c, t) {
        const name = uniqueName('net')
        const life = async (which: string): Promise<void> => {
          const network = await c.networks.create(t.templates.network?.(which) ?? '')
          await network.destroy()
        }
        const seen = await told(c, 'networkLifecycle', named(name), 'stopped', async () => {
          await life(uniqueName('net'))
          await life(name)
        })
        same(seen, ['started', 'stopped'], 'events')
        await life(name)
        same(seen, ['started', 'stopped'], 'events afterwards')
      },
    },
    {
      name: 'a change by one connection is told to the others',
      needs: ['networkCreateXMLFlags', 'networkDestroy'],
      run: (c, t) => elsewhere(c, t),
    },
  ],
}

async function elsewhere(c: Connection, t: Target): Promise<void> {
  const other = await t.open()
  try {
    const name = uniqueName('net')
    const seen = await told(c, 'networkLifecycle', named(name), 'stopped', async () => {
      const network = await other.networks.create(t.templates.network?.(name) ?? '')
      await network.destroy()
    })
    same(seen, ['started', 'stopped'], 'events')
    check(other.isAlive, 'the other connection is gone')
  } finally {
    await other.close()
  }
}
