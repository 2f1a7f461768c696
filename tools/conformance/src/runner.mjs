// SPDX-License-Identifier: GPL-2.0-or-later
// Runs a suite in a process of its own, so that a case which hangs or crashes fails alone.
import { fork } from 'node:child_process'
import { join } from 'node:path'

/** A case that gives no sign for this long is ended; the child's own limit of 30 s comes first unless its loop hangs. */
const silence = 33_000
const child = join(import.meta.dirname, 'child.mjs')

/**
 * Runs the cases of a suite.
 * @param manifest as `loadManifest` gives it
 * @param options `{ corpus, shared, only?: RegExp }`
 * @returns `{ passed, failed, skipped, cases: [{ name, status, reason, checks }] }`, cases in the manifest's order
 */
export async function runSuite(manifest, { corpus, shared, only }) {
  const wanted = manifest.cases.map((_, i) => i).filter((i) => only === undefined || only.test(manifest.cases[i].name))
  const cases = []
  let from = 0
  while (from < wanted.length) {
    const left = wanted.slice(from)
    const { records, fault } = await runChild({ corpus, shared, suite: manifest.suite, wanted: left })
    cases.push(...records)
    from += records.length
    if (fault === undefined || from >= wanted.length) continue
    cases.push({ name: manifest.cases[wanted[from]].name, status: 'failed', reason: fault, checks: {} })
    from++
  }
  const count = (status) => cases.filter((c) => c.status === status).length
  return { passed: count('passed'), failed: count('failed'), skipped: count('skipped'), cases }
}

/** One child, until it has done all or is gone: what it has done, and why it did not do the next. */
function runChild(job) {
  return new Promise((resolve) => {
    const records = []
    // What the code under test prints must not mix with our lines.
    const worker = fork(child, [], { stdio: ['ignore', 2, 2, 'ipc'] })
    let fault = 'the process ended'
    let timer
    const alive = () => {
      clearTimeout(timer)
      timer = setTimeout(() => {
        fault = 'took longer than 30 s'
        worker.kill('SIGKILL')
      }, silence)
    }
    worker.on('message', (message) => {
      if (message.record) records.push(message.record)
      if (message.done) fault = undefined
      alive()
    })
    worker.on('exit', (code, signal) => {
      clearTimeout(timer)
      const how = signal ? `: ${signal}` : code ? ` with status ${code}` : ''
      resolve({ records, fault: fault === 'the process ended' ? `${fault}${how}` : fault })
    })
    alive()
    worker.send(job)
  })
}
