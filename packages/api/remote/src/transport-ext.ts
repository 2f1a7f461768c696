// SPDX-License-Identifier: LGPL-2.1-or-later
// An external command that talks to the daemon over its standard input and output.
import { spawn } from 'node:child_process'
import { Duplex } from 'node:stream'
import { type Uri, VirtError } from '@virt/core'
import type { Way } from './transport.js'

export async function ext(uri: Uri, signal: AbortSignal): Promise<Way> {
  const command = uri.params.find(([key]) => key === 'command')?.[1]
  if (command === undefined)
    throw new VirtError("remote_open: for 'ext' transport, command is required", {
      code: 'internal-error',
      domain: 13,
      str1: 'internal error: %s',
    })
  signal.throwIfAborted()
  const child = spawn(command, [], { stdio: ['pipe', 'pipe', 'pipe'] })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-4096)
  })
  const duplex = Duplex.from({ readable: child.stdout, writable: child.stdin })
  child.on('error', (error) =>
    duplex.destroy(new VirtError(`Cannot run '${command}': ${error.message}`, { code: 'system-error', cause: error })),
  )
  child.on('exit', (code) => {
    if (code !== 0 && code !== null)
      duplex.destroy(
        new VirtError(`'${command}' ended with ${code}${said === '' ? '' : `: ${said.trim()}`}`, {
          code: 'connection-lost',
        }),
      )
  })
  duplex.on('close', () => child.kill())
  return { duplex, secure: true, encrypted: false }
}
