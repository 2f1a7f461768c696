// SPDX-License-Identifier: LGPL-2.1-or-later
// A connection to the test driver with guests of our choice, and an agent over it.
import { type Connection, connect } from '@virt/core'
import { Sampler } from '@virt/sampler'
import { test as testDriver } from '@virt/test'
import { Agent, type AgentOptions } from '../src/index.js'

/** An agent and what it stands on. */
export interface Bench {
  readonly conn: Connection
  readonly sampler: Sampler
  readonly agent: Agent
  close(): Promise<void>
}

/** Resolves when the condition holds after some turns of the event loop. */
export function until(holds: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (holds()) resolve()
      else setImmediate(look)
    }
    look()
  })
}

/** Definition of a guest. */
export const guestXml = (name: string, uuid?: string): string =>
  `<domain type='test'><name>${name}</name>${uuid === undefined ? '' : `<uuid>${uuid}</uuid>`}
   <memory unit='MiB'>64</memory><vcpu>2</vcpu><os><type>hvm</type></os>
   <devices><disk type='file'><source file='/i/${name}'/><target dev='vda'/></disk>
   <interface type='network'><source network='default'/><mac address='52:54:00:00:00:01'/></interface></devices></domain>`

/** Starts an agent over a fresh instance of the test driver. */
export async function bench(options: AgentOptions = {}): Promise<Bench> {
  const driver = testDriver()
  const conn = await connect('test:///default', { drivers: [driver] })
  const sampler = new Sampler({ open: (signal) => connect('test:///default', { drivers: [driver], signal }) })
  const agent = new Agent(sampler, options)
  sampler.start()
  await until(() => sampler.link.state === 'connected' && sampler.pools.size === 1)
  return {
    conn,
    sampler,
    agent,
    async close() {
      for (const domain of await conn.domains.all())
        if (domain.name !== 'test') {
          await domain.destroy().catch(() => {})
          await domain.undefine().catch(() => {})
        }
      const test = await conn.domains.byName('test')
      if ((await test.info()).state === 'paused') await test.resume()
      if ((await test.info()).state === 'shutoff') await test.create()
      await sampler.close()
      await conn.close()
    },
  }
}
