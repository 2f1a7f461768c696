// SPDX-License-Identifier: GPL-2.0-or-later
// Brings a clone into a state where programs and tests run: npm packages, then a build. Needs nothing but Node.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export const repo = join(import.meta.dirname, '../..')
const stamp = join(repo, 'node_modules/.lock-stamp')
const env = { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1', TURBO_NO_UPDATE_NOTIFIER: '1' }

/** Runs a command; its output goes to stderr unless it is captured. Rejects when it fails. */
export function run(command, args, { cwd = repo, capture = false, quiet = false, timeout } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], timeout })
    let text = ''
    const take = (chunk) => {
      text += chunk
      if (!capture && !quiet) process.stderr.write(chunk)
    }
    child.stdout.on('data', take)
    child.stderr.on('data', take)
    child.on('error', reject)
    child.on('close', (code, signal) =>
      code === 0
        ? resolve(text)
        : reject(
            Object.assign(new Error(`${command} ${args.join(' ')} ended with ${signal ?? code}`), { output: text }),
          ),
    )
  })
}

/** Installs npm packages when the lock file has changed since the last time. */
export async function installPackages() {
  const wanted = createHash('sha256')
    .update(readFileSync(join(repo, 'package-lock.json')))
    .digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  process.stderr.write('installing packages …\n')
  await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'])
  mkdirSync(join(repo, 'node_modules'), { recursive: true })
  writeFileSync(stamp, wanted)
}

/** Builds what has changed. */
export async function build() {
  process.stderr.write('building …\n')
  try {
    await run('npx', ['turbo', 'run', 'build', '--concurrency=2', '--output-logs=errors-only', '--log-order=grouped'], {
      quiet: true,
    })
  } catch (error) {
    process.stderr.write(error.output ?? '')
    throw new Error('the build failed; its errors are above')
  }
}

export async function prepare() {
  await installPackages()
  await build()
}
