// SPDX-License-Identifier: GPL-2.0-or-later
// Import rules: made from the table of floors, so that there is one place that says who may import whom.
import { packages } from './floors.mjs'

const all = packages()
const pathOf = (name) => all.find((p) => p.name === name)?.path
const inside = (path) => `^${path}/`
const either = (paths) => paths.map(inside).join('|')

/** Sources of a package import themselves, Node, npm packages and what the table allows. Tests may look around. */
const floors = all
  .filter(({ may }) => may !== undefined)
  .map(({ name, path, may }) => ({
    name: `floor of ${name}`,
    comment: `${name} may import ${may.join(', ') || 'no other package'} (tools/lint/floors.mjs)`,
    severity: 'error',
    from: { path: `^${path}/src/` },
    to: { path: '^(packages|apps|tools)/', pathNot: either([path, ...may.map(pathOf).filter(Boolean)]) },
  }))

const doors = all.map(({ path }) => `^${path}/src/index\\.ts$`).join('|')

export default {
  forbidden: [
    ...floors,
    {
      name: 'programs are at the top',
      severity: 'error',
      from: { path: '^packages/' },
      to: { path: '^(apps|tools)/' },
    },
    {
      name: 'programs do not import programs',
      severity: 'error',
      from: { path: '^(apps/[^/]+)/' },
      to: { path: '^apps/', pathNot: '^$1/' },
    },
    {
      name: 'by the front door',
      comment: 'Import another package by its name: only its index is public.',
      severity: 'error',
      from: { path: '^((?:packages/[^/]+|apps|tools)/[^/]+)/' },
      to: { path: '^(packages|apps)/', pathNot: [`^$1/`, doors] },
    },
    {
      name: 'no rings',
      severity: 'error',
      from: { path: '/src/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'everything resolves',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '\\.gen\\.js$' },
    },
    {
      name: 'sources need what is declared',
      severity: 'error',
      from: { path: '^(packages|apps)/[^/]+/.*src/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'sources import no tests',
      severity: 'error',
      from: { path: '/src/' },
      to: { path: '^(?:packages/[^/]+|apps|tools)/[^/]+/test/' },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', '\\.gen\\.ts$'] },
    exclude: { path: ['/dist/', '/build/', '/coverage/'] },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
}
