#!/usr/bin/env node
// SPDX-License-Identifier: GPL-2.0-or-later
// virt-ssh-helper: standard input and output become a daemon's socket. Clients start it by ssh.
import { run } from './run.js'

run(process.argv.slice(2), process.stdin, process.stdout).then(
  (text) => {
    if (text !== undefined) process.stdout.write(text)
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  },
)
