// SPDX-License-Identifier: LGPL-2.1-or-later
// Moments of domains, their tunables and descriptions.
import type { Connection, Domain } from '@virt/core'
import { check, fails, type Suite, same, type Target, uniqueName } from './suite.js'

const define = ['domainDefineXMLFlags', 'domainUndefineFlags', 'domainCreateWithFlags', 'domainDestroyFlags'] as const

/** A running domain for one test, with all that hangs on it forgotten afterwards. */
export async function withDomain(c: Connection, t: Target, fn: (domain: Domain) => Promise<void>): Promise<void> {
  const domain = await c.domains.define(t.templates.domain(uniqueName('moment')))
  await domain.create()
  try {
    await fn(domain)
  } finally {
    await domain.destroy().catch(() => {})
    await domain.undefine({ snapshotsMetadata: t.supports.domainSnapshotCreateXML !== undefined }).catch(() => {})
    await domain.undefine().catch(() => {})
  }
}

const snapshot = (name: string): string => `<domainsnapshot><name>${name}</name></domainsnapshot>`

export const moments: Suite = {
  name: 'moments',
  tests: [
    {
      name: 'snapshots are a line, the last of them current',
      needs: [...define, 'domainSnapshotCreateXML', 'domainListAllSnapshots', 'domainSnapshotGetParent'],
      run: (c, t) =>
        withDomain(c, t, async (d) => {
          const first = await d.createSnapshot(snapshot('one'))
          const second = await d.createSnapshot(snapshot('two'))
          same((await d.snapshots()).map((s) => s.name).sort(), ['one', 'two'], 'names')
          same((await second.parent()).name, 'one', 'parent of the second')
          same(await second.isCurrent(), true, 'the second is current')
          await fails(() => first.parent(), 'no-domain-snapshot', 'parent of the first')
        }),
    },
    {
      name: 'going back to a snapshot makes the state of its time',
      needs: [...define, 'domainSnapshotCreateXML', 'domainRevertToSnapshot', 'domainSuspend', 'domainGetState'],
      run: (c, t) =>
        withDomain(c, t, async (d) => {
          const running = await d.createSnapshot(snapshot('running'))
          await d.suspend()
          await running.revert()
          same((await d.state()).state, 'running', 'state')
        }),
    },
    {
      name: 'a deleted snapshot is gone, and a name is taken once',
      needs: [...define, 'domainSnapshotCreateXML', 'domainSnapshotDelete', 'domainListAllSnapshots'],
      run: (c, t) =>
        withDomain(c, t, async (d) => {
          const s = await d.createSnapshot(snapshot('one'))
          await fails(() => d.createSnapshot(snapshot('one')), 'operation-failed', 'the same name again')
          await s.delete()
          same(await d.snapshots(), [], 'snapshots')
          await fails(() => s.xmlDesc(), 'no-domain-snapshot', 'its document')
        }),
    },
    {
      name: 'malformed snapshots change nothing',
      needs: [...define, 'domainSnapshotCreateXML', 'domainListAllSnapshots'],
      run: (c, t) =>
        withDomain(c, t, async (d) => {
          for (const xml of ['', '<domain/>', '<domainsnapshot><oops'])
            await d.createSnapshot(xml).then(
              () => check(false, `a document was accepted: ${xml}`),
              () => {},
            )
          same(await d.snapshots(), [], 'snapshots')
        }),
    },
    {
      name: 'typed parameters that are set are read again, and unknown ones refused',
      needs: [...define, 'domainGetMemoryParameters', 'domainSetMemoryParameters'],
      run: (c, t) =>
        withDomain(c, t, async (d) => {
          await d.setMemoryParameters({ softLimit: 65536n })
          same((await d.memoryParameters()).softLimit, 65536n, 'soft limit')
          await fails(() => d.setMemoryParameters({}), 'invalid-arg', 'no parameters')
        }),
    },
    {
      name: 'title and description are kept and taken away',
      needs: [...define, 'domainGetMetadata', 'domainSetMetadata'],
      run: (c, t) =>
        withDomain(c, t, async (d) => {
          await fails(() => d.metadata('title'), 'no-domain-metadata', 'a title that is not there')
          await d.setMetadata('title', 'short')
          same(await d.metadata('title'), 'short', 'title')
          await fails(() => d.setMetadata('title', 'two\nlines'), 'invalid-arg', 'a title of two lines')
        }),
    },
  ],
}
