// SPDX-License-Identifier: LGPL-2.1-or-later
// Programs of the host that are asked something, or do something with it.
import { execFile } from 'node:child_process'
import type { RunProgram } from '@virt/linux'

const limits = { env: { LC_ALL: 'C', PATH: '/usr/sbin:/usr/bin:/sbin:/bin' }, maxBuffer: 1 << 22 }

/** Runs one. */
export const runOfHost: RunProgram = (file, args, timeout = 0) =>
  new Promise((resolve) => {
    execFile(file, [...args], { ...limits, timeout }, (error, stdout) => {
      const code = error === null ? 0 : error.code
      resolve(code === 'ENOENT' ? undefined : { code: typeof code === 'number' ? code : 1, stdout })
    })
  })
