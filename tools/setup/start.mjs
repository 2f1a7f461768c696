// SPDX-License-Identifier: GPL-2.0-or-later
// `npm start`: sets up what is missing, then runs the daemon in the foreground with its state in .virtd/.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { prepare, repo } from './prepare.mjs'

try {
  await prepare()
} catch (error) {
  process.stderr.write(`${error.message}\n`)
  process.exit(1)
}
const child = spawn(
  process.execPath,
  [join(repo, 'apps/virtd/dist/main.js'), '--root', join(repo, '.virtd'), ...process.argv.slice(2)],
  { stdio: 'inherit' },
)
// The terminal sends Ctrl-C to both; the daemon decides when it is over.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('close', (code, signal) => process.exit(code ?? (signal ? 1 : 0)))
