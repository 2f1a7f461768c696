// SPDX-License-Identifier: LGPL-2.1-or-later
// Strict checking against libvirt's own grammars: the same verdicts over the corpus, nearly the same over changed documents.
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import * as conf from '../src/index.js'
import { Dice, mutate } from './grammar/mutate.js'
import { corpus, documents, hasCorpus, libvirtTakes, weTake, withoutBlanks } from './grammar/oracle.js'
import { Walk } from './grammar/walk.js'

/** Grammar, suites with its documents, and how many of a hundred changed documents get libvirt's verdict at least. */
const table: readonly [conf.DocumentKind<never>, readonly string[], number][] = [
  [conf.domain, ['genericxml2xml', 'lxcxml2xml', 'bhyvexml2xml', 'chxml2xml', 'schemavalid', 'qemuxmlconf'], 99],
  [conf.network, ['networkxml2xml'], 99],
  [conf.networkPort, ['networkportxml2xml'], 98],
  [conf.nwfilter, ['nwfilterxml2xml', 'nwfilterxml2firewall'], 98],
  [conf.nwfilterBinding, ['nwfilterbindingxml2xml'], 99],
  [conf.storagePool, ['storagepoolxml2xml'], 99],
  [conf.storageVolume, ['storagevolxml2xml'], 99],
  [conf.nodeDevice, ['nodedevxml2xml', 'schemavalid'], 99],
  [conf.hostInterface, ['interfacexml2xml'], 99],
  [conf.secret, ['secretxml2xml'], 98],
  [conf.domainSnapshot, ['domainsnapshotxml2xml'], 99],
  [conf.domainCheckpoint, ['domaincheckpointxml2xml'], 99],
  [conf.domainBackup, ['domainbackupxml2xml'], 99],
  [conf.capabilities, ['vircaps2xml', 'qemucaps2xml', 'schemavalid'], 95],
  [conf.domainCapabilities, ['domaincaps'], 93],
  [conf.storagePoolCapabilities, ['storagepoolcaps'], 88],
] as unknown as readonly [conf.DocumentKind<never>, readonly string[], number][]

const changed = process.env.VIRT_LONG === '1' ? 3000 : 150
if (!hasCorpus) console.warn('skipped: no corpus with grammars (VIRT_SHARED names its folder)')

describe.skipIf(!hasCorpus)('strict checking', () => {
  for (const [kind, suites, least] of table) {
    const grammar = kind.parts.grammar ?? `${kind.root.name}.rng`
    it(`gives the verdicts of ${grammar}`, { timeout: 120_000 }, () => {
      const all = documents(kind.root.name, suites)
      const wrong = all.filter(({ text }) => libvirtTakes(grammar, text) !== weTake(kind, text))
      expect(wrong.map(({ path }) => path)).toEqual([])
      const dice = new Dice(all.length)
      const trees = all
        .filter(({ text }) => weTake(kind, text))
        .map(({ text }) => withoutBlanks(conf.parseTree(text, 0)))
      let agreed = 0
      for (let i = 0; i < changed; i++) {
        const text = conf.printTree(mutate(dice.pick(trees) as conf.XmlTree, dice))
        if (libvirtTakes(grammar, text) === weTake(kind, text)) agreed++
      }
      expect((agreed / changed) * 100).toBeGreaterThanOrEqual(least)
    })
  }
})

const walked = process.env.VIRT_LONG === '1' ? 1000 : 60

describe.skipIf(!hasCorpus)('documents that walk a grammar', () => {
  for (const [kind] of table) {
    const grammar = kind.parts.grammar ?? `${kind.root.name}.rng`
    it(`are taken, of ${grammar}`, { timeout: 120_000 }, () => {
      const walk = new Walk(join(corpus, 'schemas'), grammar, new Dice(walked))
      const texts = Array.from({ length: walked }, () => conf.printTree(walk.document()))
      // A walk does not see that two branches of an interleave have the same element.
      const valid = texts.filter((text) => libvirtTakes(grammar, text))
      expect(valid.length).toBeGreaterThan(walked / 3)
      const taken = valid.filter((text) => weTake(kind, text))
      expect(taken.length / valid.length).toBeGreaterThanOrEqual(0.9)
    })
  }
})

describe('an invalid document', () => {
  it('is refused in libvirt’s words, and says where and why', () => {
    const text = "<network><name>n</name>\n  <bridge name='b' stp='maybe'/>\n</network>"
    expect(() => conf.network.parse(text, { validate: true })).toThrow(
      expect.objectContaining({
        number: 92,
        message:
          'XML document failed to validate against schema: Unable to validate doc against ' +
          '/usr/share/libvirt/schemas/network.rng\nExtra element bridge in interleave\n' +
          'Element network failed to validate content\n',
        details: expect.stringContaining("/network/bridge at line 2, column 33: stp must not be 'maybe'"),
      }),
    )
  })
})
