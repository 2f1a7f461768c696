// SPDX-License-Identifier: LGPL-2.1-or-later
// The example of a third party's driver passes the suites, in process and behind the protocol.
import { connect, processServices } from '@virt/core'
import { describe, expect, it } from 'vitest'
import { driver } from '../../../../docs/examples/one-file-driver.mjs'
import { allSuites, bothWays, declareSuites, type Templates } from '../src/index.js'

const templates: Templates = {
  domain: (name) =>
    `<domain type='test'><name>${name}</name><memory unit='MiB'>64</memory><os><type>hvm</type></os></domain>`,
}

for (const target of bothWays(driver(processServices()), 'shelf:///system', templates))
  declareSuites({ describe, it }, target, allSuites)

describe('the driver in one file', () => {
  it('fills every slot that it declares, and declares every slot that it fills', async () => {
    const made = driver(processServices())
    const conn = await connect('shelf:///system', { drivers: [made] })
    const { resolveDomain, supports, events, close, ...slots } = conn.sessions.hypervisor
    expect(Object.keys(slots).sort()).toEqual(Object.keys(made.supports).sort())
    await conn.close()
  })

  it('keeps a definition that comes while a domain runs for its next start', async () => {
    const conn = await connect('shelf:///system', { drivers: [driver(processServices())] })
    const dom = await conn.domains.define(templates.domain('kept'))
    await dom.create()
    await conn.domains.define((await dom.xmlDesc({ inactive: true })).replace('65536', '32768'))
    expect(await dom.maxMemory()).toBe(65536n)
    await dom.destroy()
    expect(await dom.maxMemory()).toBe(32768n)
    await conn.close()
  })

  it('refuses a name that another domain has', async () => {
    const conn = await connect('shelf:///system', { drivers: [driver(processServices())] })
    const { uuid } = await conn.domains.define(templates.domain('one'))
    await expect(conn.domains.define(templates.domain('one'))).rejects.toMatchObject({
      code: 'operation-failed',
      message: `operation failed: domain 'one' already exists with uuid ${uuid}`,
    })
    await conn.close()
  })
})
