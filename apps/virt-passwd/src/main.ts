#!/usr/bin/env node
// SPDX-License-Identifier: GPL-2.0-or-later
// virt-passwd: the users of virtd's passwd.virt, with the arguments of saslpasswd2.
import { hostname } from 'node:os'
import { run } from './run.js'
import { askHidden, readInput } from './terminal.js'

run(process.argv.slice(2), {
  env: process.env,
  uid: process.getuid?.() ?? 0,
  host: hostname(),
  write: (text) => void process.stdout.write(text),
  readInput,
  ask: askHidden,
}).catch((error: unknown) => {
  process.stderr.write(`virt-passwd: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
})
