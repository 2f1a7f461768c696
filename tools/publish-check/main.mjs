// SPDX-License-Identifier: GPL-2.0-or-later
// Packs every public package and looks at the tarballs as their users will: publint, attw, and each one installed, with
// scripts disabled, into an empty folder and imported from there. The last line is `N passed, N failed`.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packages } from '../lint/floors.mjs'
import { repo, run } from '../setup/run.mjs'

/** The small client has no native part and stays small. */
const most = 10

const all = packages().filter(({ manifest }) => manifest.private !== true)
const empty = ({ path }) => {
  const door = join(repo, path, 'src/index.ts')
  return existsSync(door) && /^\s*export \{\}\s*$/.test(readFileSync(door, 'utf8'))
}
const published = all.filter((item) => !empty(item))
for (const { name } of all.filter(empty)) console.log(`skipped ${name}: it is still empty`)
const named = new Map(published.map((item) => [item.name, item]))
const scratch = mkdtempSync(join(tmpdir(), 'virt-publish-'))
const tarballs = new Map()
let passed = 0
let failed = 0

async function check(name, what) {
  try {
    await what()
    passed++
  } catch (error) {
    failed++
    console.log(`FAIL ${name}: ${error.message}`)
    if (error.output) console.log(error.output.trimEnd().split('\n').slice(-25).join('\n'))
  }
}

const quiet = (command, args, cwd) => run(command, args, { cwd, capture: true, timeout: 180_000 })

async function pack({ name, path }) {
  // A folder for each: `@virt/snmp` and `virt-snmp` make files of the same name.
  const folder = mkdtempSync(join(scratch, 'pack-'))
  await quiet('npm', ['pack', '--loglevel=error', '--pack-destination', folder], join(repo, path))
  const { version } = named.get(name).manifest
  const file = join(folder, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`)
  if (!existsSync(file)) throw new Error('npm pack wrote no tarball')
  tarballs.set(name, file)
  const list = await quiet('tar', ['-tzf', file])
  const strange = list.split('\n').filter((line) => /\/(?:src|test|bench)\/|\.tsbuildinfo$|\.d\.ts\.map$/.test(line))
  if (!list.includes('package/LICENSE')) throw new Error('the licence is not in the tarball (scripts.prepack)')
  if (strange.length > 0) throw new Error(`does not belong into a tarball: ${strange.slice(0, 5).join(' ')}`)
}

/** All packages of ours that come along. */
function closure(name, seen = new Set()) {
  if (seen.has(name) || !named.has(name)) return seen
  seen.add(name)
  const { dependencies, peerDependencies } = named.get(name).manifest
  for (const other of Object.keys({ ...dependencies, ...peerDependencies })) closure(other, seen)
  return seen
}

async function smoke({ name, manifest }) {
  const folder = mkdtempSync(join(scratch, 'try-'))
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }')
  const files = [...closure(name)].map((other) => tarballs.get(other))
  if (files.includes(undefined)) throw new Error('something it needs could not be packed')
  await quiet(
    'npm',
    ['install', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error', ...files],
    folder,
  )
  const installed = Object.entries(
    JSON.parse(readFileSync(join(folder, 'node_modules/.package-lock.json'), 'utf8')).packages,
  )
  const scripted = installed.filter(([, entry]) => entry.hasInstallScript && !entry.optional)
  if (scripted.length > 0) throw new Error(`${scripted[0][0]} wants to run a script when installed`)
  if (name === '@virt/remote' && installed.length > most) throw new Error(`it pulls in ${installed.length} packages`)
  for (const bin of Object.keys(manifest.bin ?? {}))
    await quiet(join(folder, 'node_modules/.bin', bin), ['--version'], folder)
  if (manifest.exports !== undefined)
    await quiet(
      process.execPath,
      ['-e', `import('${name}').then((m) => { if (Object.keys(m).length === 0) throw new Error('exports nothing') })`],
      folder,
    )
}

try {
  for (const item of published) await check(`${item.name}: pack`, () => pack(item))
  for (const item of published) {
    const file = tarballs.get(item.name)
    if (file === undefined) continue
    await check(`${item.name}: publint`, () => quiet('npx', ['publint', 'run', file, '--strict']))
    if (item.manifest.exports !== undefined)
      await check(`${item.name}: attw`, () => quiet('npx', ['attw', file, '--profile', 'esm-only', '--no-emoji']))
    await check(`${item.name}: install`, () => smoke(item))
  }
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
const idle = all.length - published.length
console.log(`${passed} passed, ${failed} failed${idle > 0 ? `, ${idle} skipped` : ''}`)
process.exitCode = failed > 0 ? 1 : 0
