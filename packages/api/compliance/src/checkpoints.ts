// SPDX-License-Identifier: LGPL-2.1-or-later
// Checkpoints of domains.
import { withDomain } from './moments.js'
import { check, fails, type Suite, same } from './suite.js'

const define = ['domainDefineXMLFlags', 'domainUndefineFlags', 'domainCreateWithFlags', 'domainDestroyFlags'] as const
const make = [...define, 'domainCheckpointCreateXML', 'domainCheckpointDelete', 'domainListAllCheckpoints'] as const
const checkpoint = (name: string): string => `<domaincheckpoint><name>${name}</name></domaincheckpoint>`
const names = (all: readonly { readonly name: string }[]): string[] => all.map((one) => one.name).sort()

/** Needs a template of a domain that has a disk. */
export const checkpoints: Suite = {
  name: 'checkpoints',
  tests: [
    {
      name: 'checkpoints are a line, each the parent of the next',
      needs: [...make, 'domainCheckpointGetParent', 'domainCheckpointListAllChildren'],
      run: (c, t) =>
        withDomain(c, t, async (d) => {
          const first = await d.createCheckpoint(checkpoint('one'))
          const second = await d.createCheckpoint(checkpoint('two'))
          same(names(await d.checkpoints()), ['one', 'two'], 'names')
          same(names(await d.checkpoints({ roots: true })), ['one'], 'roots')
          same(names(await d.checkpoints({ leaves: true })), ['two'], 'leaves')
          same((await second.parent()).name, 'one', 'parent of the second')
          same(names(await first.children()), ['two'], 'children of the first')
          await fails(() => first.parent(), 'no-domain-checkpoint', 'parent of the first')
          await second.delete()
          await first.delete()
        }),
    },
    {
      name: 'a checkpoint between two others is taken out of the line',
      needs: [...make, 'domainCheckpointGetParent'],
      run: (c, t) =>
        withDomain(c, t, async (d) => {
          for (const name of ['one', 'two', 'three']) await d.createCheckpoint(checkpoint(name))
          await (await d.checkpointByName('two')).delete()
          same((await (await d.checkpointByName('three')).parent()).name, 'one', 'parent of the third')
          await (await d.checkpointByName('one')).delete({ children: true })
          same(await d.checkpoints(), [], 'checkpoints')
        }),
    },
    {
      name: 'a deleted checkpoint is gone, and a name is taken once',
      needs: [...make, 'domainCheckpointLookupByName', 'domainCheckpointGetXMLDesc'],
      run: (c, t) =>
        withDomain(c, t, async (d) => {
          const one = await d.createCheckpoint(checkpoint('one'))
          check((await one.xmlDesc({ noDomain: true })).includes('<name>one</name>'), 'its document')
          await d.createCheckpoint(checkpoint('one')).then(
            () => check(false, 'the same name again'),
            () => {},
          )
          await one.delete()
          await fails(() => d.checkpointByName('one'), 'no-domain-checkpoint', 'lookup afterwards')
          await fails(() => one.xmlDesc(), 'no-domain-checkpoint', 'its document afterwards')
        }),
    },
    {
      name: 'malformed checkpoints change nothing',
      needs: make,
      run: (c, t) =>
        withDomain(c, t, async (d) => {
          for (const xml of ['', '<domain/>', '<domaincheckpoint><oops'])
            await d.createCheckpoint(xml).then(
              () => check(false, `a document was accepted: ${xml}`),
              () => {},
            )
          same(await d.checkpoints(), [], 'checkpoints')
        }),
    },
    {
      name: 'snapshots and checkpoints do not live together',
      needs: [...make, 'domainSnapshotCreateXML'],
      run: (c, t) =>
        withDomain(c, t, async (d) => {
          const one = await d.createCheckpoint(checkpoint('one'))
          await fails(
            () => d.createSnapshot('<domainsnapshot/>'),
            ['operation-unsupported', 'config-unsupported'],
            'a snapshot beside a checkpoint',
          )
          await one.delete()
        }),
    },
  ],
}
