// SPDX-License-Identifier: GPL-2.0-or-later
// `npm test`: sets up what is missing, runs every lane, ends with `N passed, N failed[, N skipped]`.
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { prepare, repo, run } from '../setup/prepare.mjs'
import { ensure } from '../setup/system-parts.mjs'

const only = process.argv.slice(2)
const total = { passed: 0, failed: 0, skipped: 0 }
const say = (text) => process.stdout.write(`${text}\n`)

try {
  await prepare()
} catch (error) {
  say(`setup: ${error.message}`)
  say('0 passed, 1 failed')
  process.exit(1)
}
// The lanes look at what the build has made, so they are read after it.
const { lanes } = await import('./lanes.mjs')
mkdirSync(join(repo, '.test'), { recursive: true })

for (const lane of lanes) {
  if (only.length > 0 && !only.includes(lane.name)) continue
  const began = Date.now()
  const result = await runLane(lane)
  for (const key of Object.keys(total)) total[key] += result[key] ?? 0
  const seconds = ((Date.now() - began) / 1000).toFixed(1)
  say(
    `${lane.name}: ${result.passed} passed, ${result.failed} failed, ${result.skipped} skipped (${seconds} s)${result.note ? ` – ${result.note}` : ''}`,
  )
  if (result.failed > 0 && result.output) say(result.output.trimEnd().split('\n').slice(-60).join('\n'))
}
say(`${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`)
process.exit(total.failed > 0 ? 1 : 0)

async function runLane(lane) {
  if (lane.needs) return skipped(lane.needs)
  for (const part of lane.parts ?? []) {
    const { ok, why } = await ensure(part)
    if (!ok) return skipped(why)
  }
  if (lane.file) rmSync(join(repo, lane.file), { force: true })
  let output = ''
  let ended = true
  try {
    output = await run(lane.command[0], lane.command.slice(1), { capture: true, timeout: 1_500_000 })
  } catch (error) {
    output = error.output ?? error.message
    ended = false
  }
  return { ...count(lane, output, ended), output }
}

function skipped(why) {
  say(`SKIPPED: ${why}`)
  return { passed: 0, failed: 0, skipped: 1, note: why }
}

function count(lane, output, ended) {
  if (lane.count === 'exit') return { passed: ended ? 1 : 0, failed: ended ? 0 : 1, skipped: 0 }
  if (lane.count === 'vitest') {
    try {
      const report = JSON.parse(readFileSync(join(repo, lane.file), 'utf8'))
      const broken = report.testResults.filter((f) => f.status === 'failed' && f.assertionResults.length === 0)
      const failures = report.testResults.flatMap((f) =>
        f.assertionResults
          .filter((a) => a.status === 'failed')
          .map((a) => `FAIL ${f.name}: ${a.fullName}\n${(a.failureMessages[0] ?? '').slice(0, 600)}`),
      )
      if (failures.length + broken.length > 0)
        say([...failures.slice(0, 15), ...broken.map((f) => `FAIL ${f.name}: ${f.message}`)].join('\n'))
      return {
        passed: report.numPassedTests,
        failed: report.numFailedTests + broken.length,
        skipped: report.numPendingTests + report.numTodoTests,
      }
    } catch {
      return { passed: 0, failed: 1, skipped: 0 }
    }
  }
  const line = /^(?:\w+: )?(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/gm
  const last = [...output.matchAll(line)].at(-1)
  if (last === undefined) return { passed: 0, failed: 1, skipped: 0 }
  const failed = Number(last[2])
  return { passed: Number(last[1]), failed: failed === 0 && !ended ? 1 : failed, skipped: Number(last[3] ?? 0) }
}
