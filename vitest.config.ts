// SPDX-License-Identifier: GPL-2.0-or-later
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

// Tests run from sources: every workspace package name is mapped to its src/index.ts, and its further entries.
const root = import.meta.dirname
const folders = ['packages/api', 'packages/host', 'packages/drivers', 'packages/mappings', 'tools']
  .filter((floor) => existsSync(join(root, floor)))
  .flatMap((floor) => readdirSync(join(root, floor)).map((room) => join(root, floor, room)))
  .filter((folder) => existsSync(join(folder, 'package.json')) && existsSync(join(folder, 'src/index.ts')))
const alias = folders.flatMap((folder) => {
  const { name } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const rows = [{ find: new RegExp(`^${name}$`), replacement: join(folder, 'src/index.ts') }]
  for (const part of ['testing', 'tls']) {
    const entry = join(folder, `src/${part}/index.ts`)
    if (existsSync(entry)) rows.push({ find: new RegExp(`^${name}/${part}$`), replacement: entry })
  }
  return rows
})

const interop = 'apps/*/test/interop/**/*.test.ts'

export default defineConfig({
  resolve: { alias },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['packages/*/*/test/**/*.test.ts', 'apps/*/test/**/*.test.ts', 'tools/*/test/**/*.test.{ts,mjs}'],
          exclude: [interop],
          testTimeout: 20_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'interop',
          // Real clients and daemons: they need the built programs and parts of the system.
          include: [interop],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
