// SPDX-License-Identifier: GPL-2.0-or-later
// The rules of the house. Each yields a line per breach; a rule with `warn` tells without failing.
import { existsSync, readFileSync } from 'node:fs'
import { join, normalize } from 'node:path'
import { pages } from '../docs/pages.mjs'
import { repo } from '../setup/run.mjs'
import { files, sources, textOf } from './files.mjs'
import { packages } from './floors.mjs'

const all = packages()
const published = all.filter(({ manifest }) => manifest.private !== true)
const named = new Map(all.map((item) => [item.name, item]))
const libraries = JSON.parse(readFileSync(join(import.meta.dirname, 'libraries.json'), 'utf8'))

export const rules = [
  {
    name: 'every source begins with its licence',
    *breaches() {
      for (const path of sources) {
        // Examples are there to be copied, as the packages are to be linked with.
        const licence = /^(packages|docs)\//.test(path) ? 'LGPL-2.1-or-later' : 'GPL-2.0-or-later'
        const [first, second] = textOf(path).split('\n', 2)
        const line = first.startsWith('#!') ? second : first
        if (!line.includes(`SPDX-License-Identifier: ${licence}`))
          yield `${path}: the first line does not say SPDX-License-Identifier: ${licence}`
      }
    },
  },
  {
    name: 'no file is a drawer',
    *breaches() {
      for (const path of files)
        if (/(?:^|\/)(?:utils?|helpers?|misc)\.[^/]+$/.test(path)) yield `${path}: call it after what it holds`
    },
  },
  {
    name: 'files hold one idea',
    warn: true,
    *breaches() {
      for (const path of sources) {
        const lines = textOf(path).split('\n').length - 1
        if (lines > 600) yield `${path}: ${lines} lines`
      }
    },
  },
  {
    name: 'nothing generated is committed',
    *breaches() {
      for (const path of files) if (/\.gen\.[^/]+$/.test(path)) yield path
    },
  },
  {
    name: 'no test runs alone',
    *breaches() {
      for (const path of sources)
        if (/\.test\.[cm]?[jt]s$/.test(path) && /\b(?:it|test|describe)\.only\(/.test(textOf(path)))
          yield `${path}: .only leaves the other tests out`
    },
  },
  {
    name: 'the product does not know its tests',
    *breaches() {
      for (const path of sources)
        if (/^(?:packages|apps)\/.*\/?src\//.test(path) && /\bcorpus\b|\bconformance\b/i.test(textOf(path)))
          yield `${path}: speaks of the corpus`
    },
  },
  {
    name: 'no registry is written down',
    *breaches() {
      const lock = textOf('package-lock.json')
      for (const [, url] of lock.matchAll(/"resolved": "(https?:[^"]*)"/g)) yield `package-lock.json: ${url}`
    },
  },
  {
    name: 'published packages say what is needed',
    *breaches() {
      for (const { path, name, manifest, may } of published) {
        const want = (condition, text) => (condition ? [] : [`${path}/package.json: ${text}`])
        const licence = may === undefined ? 'GPL-2.0-or-later' : 'LGPL-2.1-or-later'
        yield* want(manifest.license === licence, `license is not ${licence}`)
        yield* want(manifest.type === 'module', 'type is not module')
        yield* want(manifest.engines?.node === '>=20.19', 'engines.node is not >=20.19')
        yield* want(manifest.description?.length > 10, 'there is no description')
        yield* want(manifest.files?.includes('dist'), 'files does not list dist')
        yield* want(
          manifest.version === named.get('@virt/core').manifest.version,
          'its version is not that of @virt/core',
        )
        yield* want(
          manifest.scripts?.install === undefined && manifest.scripts?.postinstall === undefined,
          'it runs a script when installed',
        )
        yield* want(manifest.scripts?.prepack?.endsWith('/licence.mjs'), 'scripts.prepack does not bring the licence')
        if (may === undefined) continue
        yield* want(name === `@virt/${path.split('/').at(-1)}`, 'its name is not that of its folder')
        yield* want(manifest.sideEffects === false, 'sideEffects is not false')
        const door = manifest.exports?.['.']
        yield* want(door !== undefined && Object.keys(door)[0] === 'types', "exports has no '.' with types first")
      }
    },
  },
  {
    name: 'package.json keeps to the floors',
    *breaches() {
      for (const { path, manifest, may } of published) {
        const needed = { ...manifest.dependencies, ...manifest.peerDependencies, ...manifest.optionalDependencies }
        for (const dependency of Object.keys(needed)) {
          const ours = named.has(dependency)
          if (ours && may !== undefined && !may.includes(dependency)) yield `${path}: may not need ${dependency}`
          if (!ours && !libraries.includes(dependency))
            yield `${path}: ${dependency} is not in tools/lint/libraries.json`
        }
      }
    },
  },
  {
    name: 'tsc builds in the order of package.json',
    *breaches() {
      for (const { path, manifest } of published) {
        const config = join(repo, path, 'tsconfig.json')
        if (!existsSync(config)) continue
        const { references = [] } = JSON.parse(readFileSync(config, 'utf8'))
        const built = references.map((reference) => normalize(join(path, reference.path)))
        const needed = { ...manifest.dependencies, ...manifest.peerDependencies, ...manifest.optionalDependencies }
        for (const dependency of Object.keys(needed)) {
          const other = named.get(dependency)?.path
          if (other !== undefined && !built.includes(other)) yield `${path}/tsconfig.json: no reference to ${other}`
        }
      }
    },
  },
  {
    name: 'a README begins with an example that runs',
    warn: true,
    *breaches() {
      for (const { path } of published) {
        const readme = join(repo, path, 'README.md')
        if (!existsSync(readme)) yield `${path}: no README.md`
        else if (!/^```(?:js|ts|sh|console)$/m.test(readFileSync(readme, 'utf8').split('\n').slice(0, 20).join('\n')))
          yield `${path}/README.md: no example in its first lines`
      }
    },
  },
  {
    name: 'the pages of docs/ that come from tables are what tools/docs writes',
    async *breaches() {
      for (const [path, { text, gaps }] of Object.entries(await pages())) {
        yield* gaps
        if (!files.includes(path) || textOf(path) !== text) yield `${path}: run npm run docs`
      }
    },
  },
]
