// SPDX-License-Identifier: LGPL-2.1-or-later
// Domains: definitions, life cycle, lookups, lists, events.
import type { Connection, Domain } from '@virt/core'
import { check, fails, type Suite, same, type Target, uniqueName } from './suite.js'

/** Defines a domain for one test and forgets it afterwards, whatever state it is in. */
async function withDomain(
  connection: Connection,
  target: Target,
  fn: (domain: Domain) => Promise<void>,
): Promise<void> {
  const domain = await connection.domains.define(target.templates.domain(uniqueName('domain')))
  try {
    await fn(domain)
  } finally {
    if (await domain.isActive().catch(() => false)) await domain.destroy().catch(() => {})
    await domain.undefine().catch(() => {})
  }
}

const define = ['domainDefineXMLFlags', 'domainUndefineFlags', 'domainIsActive', 'domainDestroyFlags'] as const
const run = [...define, 'domainCreateWithFlags', 'domainGetState'] as const

export const domains: Suite = {
  name: 'domains',
  tests: [
    {
      name: 'a defined domain is found by name and UUID and is inactive',
      needs: [...define, 'domainLookupByName', 'domainLookupByUUID', 'domainIsPersistent'],
      run: (c, t) =>
        withDomain(c, t, async (d) => {
          same((await c.domains.byName(d.name)).uuid, d.uuid, 'UUID by name')
          same((await c.domains.byUuid(d.uuid)).name, d.name, 'name by UUID')
          same(await d.isActive(), false, 'active')
          same(await d.isPersistent(), true, 'persistent')
          same(d.id, undefined, 'id')
        }),
    },
    {
      name: 'an unknown domain is no-domain, and find() answers undefined',
      needs: ['domainLookupByName', 'domainLookupByUUID'],
      async run(c) {
        await fails(() => c.domains.byName(uniqueName('missing')), 'no-domain', 'by name')
        await fails(() => c.domains.byUuid('00000000-0000-4000-8000-000000000000'), 'no-domain', 'by UUID')
        same(await c.domains.find({ name: uniqueName('missing') }), undefined, 'find')
      },
    },
    {
      name: 'start, suspend, resume and destroy lead through the right states',
      needs: [...run, 'domainSuspend', 'domainResume'],
      run: (c, t) =>
        withDomain(c, t, async (d) => {
          await d.create()
          same((await d.state()).state, 'running', 'after start')
          await d.suspend()
          same((await d.state()).state, 'paused', 'after suspend')
          await d.resume()
          same((await d.state()).state, 'running', 'after resume')
          await d.destroy()
          same(await d.state(), { state: 'shutoff', reason: 'destroyed' }, 'after destroy')
        }),
    },
    {
      name: 'a paused start is paused',
      needs: run,
      run: (c, t) =>
        withDomain(c, t, async (d) => {
          const { flags = 0xffffffff } = t.supports.domainCreateWithFlags ?? {}
          if ((flags & 1) === 0)
            return await fails(() => d.create({ paused: true }), 'invalid-arg', 'a flag that is not declared')
          await d.create({ paused: true })
          same((await d.state()).state, 'paused', 'state')
        }),
    },
    {
      name: 'starting twice and destroying twice are invalid',
      needs: run,
      run: (c, t) =>
        withDomain(c, t, async (d) => {
          await d.create()
          // The test driver of libvirt calls it an internal error.
          await fails(() => d.create(), ['operation-invalid', 'internal-error'], 'second start')
          await d.destroy()
          await fails(() => d.destroy(), 'operation-invalid', 'second destroy')
        }),
    },
    {
      name: 'an id is given while it runs and leads back to it',
      needs: [...run, 'domainLookupByID', 'domainLookupByName'],
      run: (c, t) =>
        withDomain(c, t, async (d) => {
          await d.create()
          const { id } = await c.domains.byName(d.name)
          check(id !== undefined, 'a running domain has no id')
          same((await c.domains.byId(id)).uuid, d.uuid, 'by id')
          await d.destroy()
          await fails(() => c.domains.byId(id), 'no-domain', 'by an id that is gone')
        }),
    },
    {
      name: 'lists show active and inactive domains as the filters say',
      needs: [...run, 'connectListAllDomains'],
      run: (c, t) =>
        withDomain(c, t, async (d) => {
          const names = async (filter: object): Promise<string[]> =>
            (await c.domains.list(filter).toArray()).map((one) => one.name)
          check((await names({ inactive: true })).includes(d.name), 'not among the inactive')
          check(!(await names({ active: true })).includes(d.name), 'among the active before its start')
          await d.create()
          check((await names({ active: true })).includes(d.name), 'not among the active')
          check((await names({})).includes(d.name), 'not among all')
        }),
    },
    {
      name: 'a transient domain is gone when it stops',
      needs: ['domainCreateXML', 'domainDestroyFlags', 'domainIsPersistent', 'domainLookupByUUID'],
      async run(c, t) {
        const d = await c.domains.create(t.templates.domain(uniqueName('transient')))
        same(await d.isPersistent(), false, 'persistent')
        await d.destroy()
        await fails(() => c.domains.byUuid(d.uuid), 'no-domain', 'lookup afterwards')
      },
    },
    {
      name: 'undefining a running domain makes it transient',
      needs: [...run, 'domainIsPersistent'],
      run: (c, t) =>
        withDomain(c, t, async (d) => {
          await d.create()
          await d.undefine()
          same(await d.isPersistent(), false, 'persistent')
          await d.destroy()
          await fails(() => c.domains.byUuid(d.uuid), 'no-domain', 'lookup afterwards')
        }),
    },
    {
      name: 'the document names the domain and defines the same one again',
      needs: [...define, 'domainGetXMLDesc'],
      run: (c, t) =>
        withDomain(c, t, async (d) => {
          const xml = await d.xmlDesc({ inactive: true })
          check(
            xml.includes(`<name>${d.name}</name>`) && xml.includes(`<uuid>${d.uuid}</uuid>`),
            'the document lacks name or UUID',
          )
          same((await c.domains.define(xml)).uuid, d.uuid, 'UUID of the redefined domain')
        }),
    },
    {
      name: 'malformed and foreign documents change nothing',
      needs: ['domainDefineXMLFlags', 'connectListAllDomains'],
      async run(c) {
        const before = (await c.domains.all()).length
        for (const xml of ['', 'nonsense', '<domain><oops', '<network/>', '<domain/>']) {
          try {
            await c.domains.define(xml)
          } catch {
            continue
          }
          check(false, `a document was accepted: ${xml}`)
        }
        same((await c.domains.all()).length, before, 'number of domains')
      },
    },
    {
      name: 'info, memory and virtual CPUs agree with each other',
      needs: [...define, 'domainGetInfo', 'domainGetMaxMemory'],
      run: (c, t) =>
        withDomain(c, t, async (d) => {
          const info = await d.info()
          same(info.state, 'shutoff', 'state')
          same(info.maxMem, await d.maxMemory(), 'maximal memory')
          check(info.memory <= info.maxMem && info.nrVirtCpu >= 1, 'figures make no sense')
        }),
    },
    {
      name: 'autostart is kept',
      needs: [...define, 'domainGetAutostart', 'domainSetAutostart'],
      run: (c, t) =>
        withDomain(c, t, async (d) => {
          same(await d.autostart(), false, 'at first')
          await d.setAutostart(true)
          same(await d.autostart(), true, 'when set')
        }),
    },
    {
      name: 'life cycle events come in order and end with the listener',
      needs: run,
      run: (c, t) => lifecycle(c, t),
    },
    {
      name: 'statistics name every domain that is asked for',
      needs: [...run, 'connectGetAllDomainStats'],
      run: (c, t) =>
        withDomain(c, t, async (d) => {
          await d.create()
          const stats = await c.stats({ groups: ['state'], domains: [d] })
          same([...stats.keys()], [d.uuid], 'UUIDs')
        }),
    },
    {
      name: 'a renamed domain keeps its UUID',
      needs: [...define, 'domainRename', 'domainLookupByName'],
      run: (c, t) =>
        withDomain(c, t, async (d) => {
          const name = uniqueName('renamed')
          await d.rename(name)
          same((await c.domains.byName(name)).uuid, d.uuid, 'UUID')
        }),
    },
  ],
}

async function lifecycle(c: Connection, t: Target): Promise<void> {
  const name = uniqueName('events')
  const seen: string[] = []
  const listener = (domain: Domain, event: { type: string }): void => {
    if (domain.name === name) seen.push(event.type)
  }
  c.on('lifecycle', listener)
  await c.subscribed('lifecycle')
  const d = await c.domains.define(t.templates.domain(name))
  await d.create()
  await d.destroy()
  await d.undefine()
  const until = Date.now() + 5000
  while (!seen.includes('undefined') && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 5))
  c.off('lifecycle', listener)
  check(seen[0] === 'defined' && seen.at(-1) === 'undefined', `events were ${seen.join(', ')}`)
  check(seen.indexOf('started') < seen.indexOf('stopped'), `events were ${seen.join(', ')}`)
}
