// SPDX-License-Identifier: GPL-2.0-or-later
// Follows docs/adding-an-element.md to the letter, in a copy of the package: what the page says must work as it stands.
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const repo = join(import.meta.dirname, '../../..')
const page = readFileSync(join(repo, 'docs/adding-an-element.md'), 'utf8')

/** The one block of a language, without the indentation of the list it stands in. */
function block(language) {
  const found = new RegExp(`^( *)\`\`\`${language}\\n(.*?)^ *\`\`\`$`, 'ms').exec(page)
  return found[2].replace(new RegExp(`^${found[1]}`, 'gm'), '')
}

const lines = block('diff').trimEnd().split('\n')
const textOf = (kept) =>
  lines
    .filter((line) => !line.startsWith(kept === 'old' ? '+' : '-'))
    .map((line) => line.slice(1))
    .join('\n')
const added = lines.filter((line) => line.startsWith('+'))
const schema = /`(packages\/api\/conf\/src\/[\w/-]+\.ts)`/.exec(page)[1]
const test = /npx vitest run --project unit (\S+\.test\.ts)/.exec(page)[1]

describe('docs/adding-an-element.md', () => {
  let copy
  beforeAll(() => {
    copy = mkdtempSync(join(tmpdir(), 'adding-'))
    for (const part of [
      'packages/api/conf',
      'packages/api/core',
      'tools/confgen',
      'tools/cpugen',
      'package.json',
      'tsconfig.base.json',
      'vitest.config.ts',
    ])
      cpSync(join(repo, part), join(copy, part), {
        recursive: true,
        filter: (path) => !/\/(?:dist|node_modules|test|coverage)$/.test(path),
      })
    symlinkSync(join(repo, 'node_modules'), join(copy, 'node_modules'))
    mkdirSync(join(copy, 'packages/api/conf/test'))
    writeFileSync(join(copy, test), block('ts'))
  })
  afterAll(() => rmSync(copy, { recursive: true, force: true }))

  const run = () =>
    spawnSync(process.execPath, [join(repo, 'node_modules/vitest/vitest.mjs'), 'run', '--project', 'unit', test], {
      cwd: copy,
      encoding: 'utf8',
    })

  it('needs one line of schema and under ten of a test', () => {
    expect(added).toHaveLength(1)
    const body = block('ts')
      .split('\n')
      .filter((line) => line !== '' && !/^(?:\/\/|import)/.test(line))
    expect(body.length).toBeLessThan(10)
  })

  it('has a test that fails before the change', () => {
    const { stdout, stderr } = run()
    expect(stderr).toContain('expected undefined to be 64')
    expect(stdout).toContain('1 failed')
  }, 60_000)

  it('changes what it says, and the test passes', () => {
    const path = join(copy, schema)
    const before = readFileSync(path, 'utf8')
    expect(before.split(textOf('old'))).toHaveLength(2)
    writeFileSync(path, before.replace(textOf('old'), textOf('new')))
    execFileSync('npm', ['run', 'generate', '-w', '@virt/conf'], { cwd: copy })
    const types = readFileSync(join(copy, 'packages/api/conf/src/domain/types.gen.ts'), 'utf8')
    expect(types).toContain(/interface `\w+` now has `([^`]+)`/.exec(page)[1])
    expect(run().stdout).toContain('1 passed')
  }, 60_000)
})
