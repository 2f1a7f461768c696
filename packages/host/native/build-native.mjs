// SPDX-License-Identifier: LGPL-2.1-or-later
// Builds the addon into prebuilds/, from the headers of this very Node: nothing is fetched. `npm run build:native`.
// --if-possible: says so and goes on where there is no compiler; the package then answers that it is not there.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'

const here = import.meta.dirname
const lenient = process.argv.includes('--if-possible')
const stamp = join(here, 'build/stamp')

/** Where this Node's headers are: beside its program, or where the user says. */
function headers() {
  const places = [process.env.npm_config_nodedir, dirname(dirname(process.execPath))]
  return places.find((place) => place && existsSync(join(place, 'include/node/node_api.h')))
}

/** Why the addon cannot be built here; undefined when it can. */
export function missing() {
  if (process.platform !== 'linux') return 'it is for Linux'
  if (headers() === undefined) return `the headers of Node ${process.version} are not beside ${process.execPath}`
  const lacks = ['make', 'python3', process.env.CXX ?? 'c++'].filter(
    (program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).status !== 0,
  )
  return lacks.length > 0 ? `there is no ${lacks.join(', no ')} (Debian: apt install g++ make python3)` : undefined
}

/** What the result depends on, as one line. */
function inputs() {
  const hash = createHash('sha256')
  const sources = readdirSync(join(here, 'addon')).map((name) => `addon/${name}`)
  for (const path of [...sources.sort(), 'binding.gyp', 'build-native.mjs']) hash.update(readFileSync(join(here, path)))
  return `${process.platform}-${process.arch} ${hash.digest('hex')}\n`
}

const built = () => existsSync(join(here, 'prebuilds', `${process.platform}-${process.arch}`))

function build() {
  const found = inputs()
  if (built() && existsSync(stamp) && readFileSync(stamp, 'utf8') === found) return 0
  const args = ['prebuildify', '--napi', '--strip', '--tag-libc', '--target', process.versions.node]
  const env = { ...process.env, npm_config_nodedir: headers(), npm_config_jobs: String(availableParallelism()) }
  const { status, stdout, stderr, error } = spawnSync('npx', args, { cwd: here, env, encoding: 'utf8', maxBuffer: 1e8 })
  if (status !== 0) {
    process.stderr.write(`${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}\n@virt/native did not build\n`)
    return 1
  }
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, found)
  return 0
}

if (process.argv[1] === import.meta.filename) {
  const why = missing()
  if (why === undefined) process.exitCode = build()
  else {
    process.stderr.write(`@virt/native: the addon is not built: ${why}\n`)
    process.exitCode = lenient ? 0 : 1
  }
}
