// SPDX-License-Identifier: GPL-2.0-or-later
// Brings a clone into a state where programs and tests run: npm packages, then a build. Needs nothing but Node.
// Also a program: `node tools/setup/prepare.mjs [packages|generate|build]`.
import './node-version.mjs'
import { installPackages } from './packages.mjs'
import { run } from './run.mjs'

/** Writes generated sources that have changed. */
export async function generate() {
  await installPackages()
  await turbo('generate')
}

/** Builds what has changed. */
export async function build() {
  await installPackages()
  process.stderr.write('building …\n')
  await turbo('build')
  // The only part that a machine may lack the tools for: everything else works without it, and says so where it matters.
  const { missing } = await import('../../packages/host/native/build-native.mjs')
  const why = missing()
  if (why !== undefined) process.stderr.write(`@virt/native is not built, its tests are skipped: ${why}\n`)
}

async function turbo(task) {
  const options = ['--concurrency=2', '--output-logs=hash-only', '--log-order=grouped', '--cache=local:rw']
  try {
    await run('npx', ['turbo', 'run', task, ...options], { capture: true, listen: progress() })
  } catch (error) {
    process.stderr.write(error.output ?? '')
    throw new Error(`turbo run ${task} failed; its errors are above`, { cause: error })
  }
}

/** Says what has been built, a line each few seconds: the first build takes minutes on a busy machine. */
function progress(every = 5000) {
  let last = Date.now()
  let done = 0
  return (text) => {
    const names = [...text.matchAll(/^(\S+):\w+: cache (?:miss|bypass)/gm)].map(([, name]) => name)
    done += names.length
    if (names.length === 0 || Date.now() - last < every) return
    last = Date.now()
    process.stderr.write(`  ${names.at(-1)} (${done} steps done)\n`)
  }
}

if (process.argv[1] === import.meta.filename) {
  const steps = { packages: installPackages, generate, build }
  try {
    await (steps[process.argv[2] ?? 'build'] ?? build)()
  } catch (error) {
    process.stderr.write(`${error.message}\n`)
    process.exit(1)
  }
}
