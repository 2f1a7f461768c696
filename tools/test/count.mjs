// SPDX-License-Identifier: GPL-2.0-or-later
// How many tests of a lane passed, failed and were skipped, and what to show of them.
import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { repo } from '../setup/run.mjs'

/** @returns `{ passed, failed, skipped, notes }`; `notes` are lines worth showing */
export function count(lane, output, ended) {
  const counted = counters[lane.count](lane, output, ended)
  // A lane that says nothing failed and yet ended badly has failed.
  return !ended && counted.failed === 0 ? { ...counted, failed: 1, notes: [...counted.notes, tail(output)] } : counted
}

const counters = {
  exit: (_lane, output, ended) =>
    ended
      ? { passed: 1, failed: 0, skipped: 0, notes: [] }
      : { passed: 0, failed: 1, skipped: 0, notes: [tail(output)] },

  line: (_lane, output) => {
    const line = [...output.matchAll(/^(?:[\w ]+: )?(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/gm)].at(-1)
    if (line === undefined) return { passed: 0, failed: 1, skipped: 0, notes: [tail(output)] }
    const [passed, failed, skipped] = line.slice(1).map((text) => Number(text ?? 0))
    const warnings = output.split('\n').filter((text) => /^(?:warning|skipped|SKIP)\b/i.test(text))
    return { passed, failed, skipped, notes: failed > 0 ? [tail(output)] : warnings }
  },

  vitest: (lane, output) => {
    let report
    try {
      report = JSON.parse(readFileSync(join(repo, lane.file), 'utf8'))
    } catch {
      return { passed: 0, failed: 1, skipped: 0, notes: [tail(output)] }
    }
    const tests = report.testResults.flatMap((file) =>
      file.assertionResults.map((test) => ({ ...test, file: relative(repo, file.name) })),
    )
    const broken = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0)
    const bad = tests.filter((test) => test.status === 'failed')
    const idle = tests.filter((test) => test.status !== 'failed' && test.status !== 'passed')
    return {
      passed: tests.filter((test) => test.status === 'passed').length,
      failed: bad.length + broken.length,
      skipped: idle.length,
      notes: [
        ...broken.map((file) => `FAIL ${relative(repo, file.name)}: ${file.message}`),
        ...bad.slice(0, 20).map((test) => `FAIL ${test.file}: ${test.fullName}\n${short(test.failureMessages[0])}`),
        ...(bad.length > 20 ? [`… and ${bad.length - 20} more`] : []),
        ...byFile(idle),
      ],
    }
  },
}

function byFile(tests) {
  const files = new Map()
  for (const test of tests) files.set(test.file, [...(files.get(test.file) ?? []), test.fullName])
  return [...files].map(
    ([file, names]) => `SKIPPED ${file}: ${names.length} (${names[0]}${names.length > 1 ? ', …' : ''})`,
  )
}

function short(text = '') {
  return text.split('\n').slice(0, 12).join('\n').slice(0, 1500)
}

function tail(output) {
  return output.trimEnd().split('\n').slice(-80).join('\n')
}
