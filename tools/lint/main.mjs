// SPDX-License-Identifier: GPL-2.0-or-later
// Checks the rules of the house. Each rule counts as one test; the last line is `N passed, N failed`.
import { rules } from './rules.mjs'

let failed = 0
for (const { name, warn, breaches } of rules) {
  const found = []
  for await (const breach of breaches()) found.push(breach)
  if (found.length === 0) continue
  if (!warn) failed++
  console.log(`${warn ? 'warning' : 'FAIL'}: ${name}`)
  for (const line of found) console.log(`${warn ? 'warning' : 'FAIL'}:   ${line}`)
}
console.log(`${rules.length - failed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
