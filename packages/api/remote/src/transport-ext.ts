// SPDX-License-Identifier: LGPL-2.1-or-later
// An external command that talks to the daemon over its standard input and output.
import { spawn } from 'node:child_process'
import { Duplex, type Readable, type Writable } from 'node:stream'
import { ErrorDomain, ErrorNumber, errnoOf, type Uri, virtError } from '@virt/core'
import { paramOf, type Way } from './way.js'

export async function ext(uri: Uri, signal: AbortSignal): Promise<Way> {
  const command = paramOf(uri, 'command')
  if (command === undefined)
    throw virtError(
      ErrorNumber.INVALID_ARG,
      ErrorDomain.REMOTE,
      "remote_open: for 'ext' transport, command is required",
    )
  signal.throwIfAborted()
  return commandWay(command, [])
}

/** Most of what a command says on its standard error that is kept. */
const maxSaid = 4096

/** A command as a way to a daemon. */
export function commandWay(command: string, args: readonly string[]): Way {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-maxSaid)
  })
  child.on('error', (error: NodeJS.ErrnoException) => {
    said = `cannot execute binary ${command}: ${errnoOf(error).text}`
  })
  // The end of the output alone may come before the last words and the reason of the end.
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const duplex = joined(child.stdin, child.stdout, ended, () => {
    child.kill()
    child.stdin.destroy()
    child.stdout.destroy()
  })
  return { duplex, secure: true, encrypted: false, said: () => said.trim() }
}

/** A command's input and output as one stream, which ends when all is known of its end. */
export function joined(input: Writable, output: Readable, ended: Promise<void>, kill: () => void): Duplex {
  const duplex = new Duplex({
    read: () => void output.resume(),
    // A command that reads no more has ended or will: what it has said tells why, not that nobody listened.
    write: (chunk: Buffer, _encoding, done) => void input.write(chunk, () => done()),
    final: (done) => void input.end(done),
    destroy: (error, done) => {
      kill()
      done(error)
    },
  })
  input.on('error', () => {})
  output.on('data', (chunk: Buffer) => {
    if (!duplex.push(chunk)) output.pause()
  })
  void ended.then(() => duplex.push(null))
  return duplex
}
