// SPDX-License-Identifier: GPL-2.0-or-later
// The suites that must be green: what the tests of a change run. `green.json` only ever grows.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const suites = JSON.parse(readFileSync(join(import.meta.dirname, 'green.json'), 'utf8'))
const total = { passed: 0, failed: 0, skipped: 0 }
for (const suite of suites) {
  const { stdout, status } = spawnSync(
    process.execPath,
    [join(import.meta.dirname, 'run.mjs'), suite, ...process.argv.slice(2)],
    { encoding: 'utf8' },
  )
  process.stdout.write(stdout)
  const line = new RegExp(`^${suite}: (\\d+) passed, (\\d+) failed(?:, (\\d+) skipped)?$`, 'm').exec(stdout)
  if (line === null || Number(line[1]) === 0) total.failed++
  total.passed += Number(line?.[1] ?? 0)
  total.failed += Number(line?.[2] ?? (status === 0 ? 0 : 1))
  total.skipped += Number(line?.[3] ?? 0)
}
console.log(`${total.passed} passed, ${total.failed} failed${total.skipped ? `, ${total.skipped} skipped` : ''}`)
process.exitCode = total.failed > 0 ? 1 : 0
