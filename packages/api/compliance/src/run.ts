// SPDX-License-Identifier: LGPL-2.1-or-later
// Running suites, by any test runner or by itself.
import type { ComplianceTest, Suite, Target } from './suite.js'

/** Result of one test. */
export interface Result {
  readonly suite: string
  readonly test: string
  readonly status: 'passed' | 'failed' | 'skipped'
  readonly error?: unknown
}

/** Slots that a test needs and the target does not have. */
export function missingSlots(test: ComplianceTest, target: Target): string[] {
  return test.needs.filter((slot) => target.supports[slot] === undefined)
}

/** Runs one test on a connection of its own. */
export async function runTest(test: ComplianceTest, target: Target): Promise<void> {
  const connection = await target.open()
  try {
    await test.run(connection, target)
  } finally {
    await connection.close()
  }
}

/** Runs suites one test after the other. */
export async function runSuites(target: Target, suites: readonly Suite[]): Promise<Result[]> {
  const results: Result[] = []
  for (const suite of suites) {
    for (const test of suite.tests) {
      const lacks = missingSlots(test, target)
      if (lacks.length > 0) {
        results.push({
          suite: suite.name,
          test: test.name,
          status: 'skipped',
          error: `not declared: ${lacks.join(', ')}`,
        })
        continue
      }
      try {
        await runTest(test, target)
        results.push({ suite: suite.name, test: test.name, status: 'passed' })
      } catch (error) {
        results.push({ suite: suite.name, test: test.name, status: 'failed', error })
      }
    }
  }
  return results
}

/** The functions of a test runner such as vitest, mocha or node:test. */
export interface Runner {
  describe(name: string, body: () => void): void
  it(name: string, body: () => Promise<void>): void
}

/** Declares suites with a test runner; what the target does not declare is left out. */
export function declareSuites(runner: Runner, target: Target, suites: readonly Suite[]): void {
  for (const suite of suites) {
    const tests = suite.tests.filter((test) => missingSlots(test, target).length === 0)
    // Runners take a group without tests for a mistake.
    if (tests.length === 0) continue
    runner.describe(`${target.name}: ${suite.name}`, () => {
      for (const test of tests) runner.it(test.name, () => runTest(test, target))
    })
  }
}
