// SPDX-License-Identifier: GPL-2.0-or-later
// `npm start`: sets up what is missing, then becomes the daemon, in the foreground, with its state in .virtd/.
import './node-version.mjs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from './prepare.mjs'
import { repo } from './run.mjs'

try {
  await build()
} catch (error) {
  process.stderr.write(`${error.message}\n`)
  process.exit(1)
}
const given = process.argv.slice(2)
const placed = given.some((word) => word === '--session' || word === '--root' || word.startsWith('--root='))
const program = join(repo, 'apps/virtd/dist/main.cjs')
// In this very process: signals and the exit code then need nobody to pass them on.
process.argv = [process.execPath, program, ...(placed ? [] : ['--root', join(repo, '.virtd')]), ...given]
await import(pathToFileURL(program).href)
