// SPDX-License-Identifier: GPL-2.0-or-later
// Arguments, the socket that they mean, and the bytes from here to there.
import type { Readable, Writable } from 'node:stream'
import { parseUri, splitScheme, type Uri } from '@virt/core'
import { type SocketChoice, type Surroundings, socketChoice, unixWay } from '@virt/remote'

const usage = `usage: virt-ssh-helper [-r] URI

Clients that connect over SSH run it on the host; it is not for typing.

  -r, --readonly   connect for reading only
  -V, --version, -h, --help
`
const version = 'virt-ssh-helper (virt 0.1.0, libvirt 11.3.0)\n'

interface Options {
  readonly readOnly: boolean
  readonly uri: string
}

/** @returns what to print instead. @throws Error with what to tell the user */
function optionsOf(args: readonly string[]): Options | string {
  const words: string[] = []
  let readOnly = false
  for (const arg of args) {
    if (arg === '-r' || arg === '--readonly') readOnly = true
    else if (arg === '-V' || arg === '--version') return version
    else if (arg === '-h' || arg === '--help') return usage
    else if (arg.startsWith('-')) throw new Error(`option parsing failed: Unknown option ${arg}`)
    else words.push(arg)
  }
  if (words.length !== 1) throw new Error(usage.trimEnd())
  return { readOnly, uri: words[0] as string }
}

const fail = (what: string, error: unknown): never => {
  throw new Error(`virt-ssh-helper: ${what}: ${(error as Error).message}`)
}

/** The sockets that a client's URI may mean on this host. Its parameters were for the client alone. */
function choiceOf({ uri: text, readOnly }: Options, place: Surroundings | undefined): SocketChoice {
  let uri: Uri
  try {
    // differs: libvirt's clients send nothing for remote+ssh://, and libvirt's helper does not know what to do with it.
    uri = parseUri(text === '' ? 'remote:' : text)
  } catch (error) {
    return fail(`cannot parse '${text}'`, error)
  }
  const [, transport] = splitScheme(uri)
  if (uri.server !== undefined || (transport !== undefined && transport !== 'unix'))
    throw new Error(`virt-ssh-helper: unexpected URI transport '${text}'`)
  return socketChoice({ ...uri, params: [] }, readOnly, place)
}

/**
 * Does what the arguments say, until either side has said all.
 * @returns what to print, if that is all there is to do. @throws Error with what to tell the user
 */
export async function run(
  args: readonly string[],
  input: Readable,
  output: Writable,
  place?: Surroundings,
): Promise<string | undefined> {
  const options = optionsOf(args)
  if (typeof options === 'string') return options
  const choice = choiceOf(options, place)
  // Nobody waits for us any more when ssh has gone: its end of the input tells us.
  const way = await unixWay(choice, new AbortController().signal).catch((error: unknown) =>
    fail(`cannot connect to '${choice.expected.path}'`, error),
  )
  const { duplex } = way
  await new Promise<void>((resolve) => {
    // The bytes belong to the socket's next read: a copy goes out.
    way.receive?.((chunk) => {
      if (!output.write(Buffer.from(chunk))) duplex.pause()
    })
    output.on('drain', () => duplex.resume())
    output.on('error', () => duplex.destroy())
    input.on('error', () => duplex.destroy())
    input.pipe(duplex)
    duplex.on('error', () => {})
    duplex.on('close', () => {
      input.unpipe(duplex)
      input.destroy()
      resolve()
    })
  })
  return undefined
}
