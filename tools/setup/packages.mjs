// SPDX-License-Identifier: GPL-2.0-or-later
// Whether node_modules holds what the lock file says, and how to make it so.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { repo, run } from './run.mjs'

/** Installs npm packages, unless they are there. A tree that is out of date is repaired in place: it may be in use. */
export async function installPackages() {
  if (complete()) return
  process.stderr.write('installing packages …\n')
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error']
  const first = !existsSync(join(repo, 'node_modules/.package-lock.json'))
  await run('npm', first ? ['ci', ...quiet] : ['install', '--no-save', ...quiet])
}

/** npm keeps a lock file of what it has really installed beside the packages: compare the two. */
function complete() {
  const wanted = lockOf('package-lock.json')
  const found = lockOf('node_modules/.package-lock.json')
  if (wanted === undefined || found === undefined) return false
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.startsWith('node_modules/') && !path.includes('/node_modules/')) return true
    if (entry.link) return existsSync(join(repo, path))
    const here = found[path]
    if (here === undefined) return entry.optional === true || entry.peer === true
    return here.version === entry.version
  })
}

function lockOf(path) {
  try {
    return JSON.parse(readFileSync(join(repo, path), 'utf8')).packages
  } catch {
    return undefined
  }
}
