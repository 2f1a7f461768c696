// SPDX-License-Identifier: LGPL-2.1-or-later
// Who we are, to an SSH server: agent, key, password, or questions that it asks; in the order that the URI says.
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import {
  type AuthCallback,
  type CredentialRequest,
  credentialsOf,
  ErrorDomain,
  ErrorNumber,
  type Uri,
  type VirtError,
  virtError,
} from '@virt/core'
import type { SshKind } from './transport-ssh2.js'
import { paramOf } from './way.js'

/** A method as the package ssh2 takes it. */
export type SshMethod = { readonly type: string; readonly username: string } & Readonly<Record<string, unknown>>

/** What decides on methods. */
export interface SshUser {
  readonly kind: SshKind
  readonly uri: Uri
  readonly host: string
  readonly username: string
  readonly ask: AuthCallback | undefined
}

/** The methods of one connection. */
export interface SshAuth {
  /** Asks which methods there are. */
  readonly nothing: SshMethod
  /** Why it has not worked, once it has not. */
  readonly failure: Error | undefined
  /** The next one to try, of those that the server takes. */
  next(left: readonly string[], parseKey: ParseKey): Promise<SshMethod | false>
}

type ParseKey = (data: Buffer, passphrase?: string) => unknown

/** Names in a URI, and on the wire. */
const wire = {
  agent: 'publickey',
  privkey: 'publickey',
  password: 'password',
  'keyboard-interactive': 'keyboard-interactive',
} as const
type Name = keyof typeof wire

/** Keys that are looked for where the URI names none. */
const usualKeys = ['identity', 'id_dsa', 'id_ecdsa', 'id_ed25519', 'id_rsa']
/** How often a password is asked for. */
const tries = 3

/** @throws VirtError `invalid-arg` for a method nobody knows */
export function sshMethods({ kind, uri, host, username, ask }: SshUser): SshAuth {
  const keyfile = paramOf(uri, 'keyfile') ?? usualKeys.map((name) => join(homedir(), '.ssh', name)).find(existsSync)
  const names = namesOf(
    paramOf(uri, 'sshauth') ?? `agent${keyfile === undefined ? '' : ',privkey'},password,keyboard-interactive`,
  )
  const refused = (text: string): VirtError => virtError(ErrorNumber.AUTH_FAILED, kind.domain, text)
  const broken = (text: string): VirtError => virtError(kind.number, kind.domain, text)
  const secret = async (request: CredentialRequest): Promise<string | undefined> => {
    const answers = credentialsOf({ service: 'ssh', host, uri }, ask, refused)
    return (await answers([request]))[0]
  }
  const makers: Readonly<Record<Name, (parseKey: ParseKey) => Promise<SshMethod>>> = {
    async agent() {
      const agent = process.env.SSH_AUTH_SOCK
      if (agent === undefined) throw broken('Failed to connect to ssh agent')
      return { type: 'agent', username, agent }
    },
    async privkey(parseKey) {
      if (keyfile === undefined)
        throw broken('Username and key file path must be provided for private key authentication')
      return { type: 'publickey', username, ...(await readKey(keyfile, parseKey)) }
    },
    async password() {
      const password = await secret({
        type: 'passphrase',
        prompt: `Enter ${username}'s password for ${host}`,
        challenge: host,
      })
      return { type: 'password', username, password }
    },
    async 'keyboard-interactive'() {
      return { type: 'keyboard-interactive', username, prompt: questions }
    },
  }
  const readKey = async (path: string, parseKey: ParseKey): Promise<{ key: Buffer; passphrase?: string }> => {
    const failed = (why: string): VirtError => refused(`authentication with private key '${path}' has failed: ${why}`)
    const key = await readFile(path).catch(() => {
      throw failed('Unable to extract public key from private key file: Unable to open private key file')
    })
    const plain = parseKey(key)
    if (!(plain instanceof Error)) return { key }
    if (!/passphrase/.test(plain.message))
      throw failed(`Unable to extract public key from private key file: ${plain.message}`)
    // The file of credentials keeps the user's password, which is another.
    const [passphrase] = (await ask?.([{ type: 'passphrase', prompt: `Passphrase for key '${path}'` }])) ?? []
    if (passphrase === undefined || parseKey(key, passphrase) instanceof Error)
      throw failed(
        'Unable to extract public key from private key file: Wrong passphrase or invalid/unrecognized private key file format',
      )
    return { key, passphrase }
  }
  const questions = (
    _name: string,
    _instructions: string,
    _language: string,
    prompts: readonly { prompt: string; echo?: boolean }[],
    finish: (answers: readonly string[]) => void,
  ): void => {
    const requests = prompts.map(({ prompt, echo }) => ({
      type: echo ? ('echoprompt' as const) : ('noechoprompt' as const),
      prompt,
      challenge: host,
    }))
    Promise.resolve(requests.length === 0 ? [] : (ask?.(requests) ?? [])).then(
      (answers) => finish(answers.map((answer) => answer ?? '')),
      () => finish([]),
    )
  }

  const plan = [...names]
  let asked = 0
  let tried: Name | undefined
  let failure: Error | undefined
  let attempts = 0
  return {
    nothing: { type: 'none', username },
    get failure() {
      return failure
    },
    async next(left, parseKey) {
      if (tried === 'password' && left.includes('password') && asked < tries && ask !== undefined)
        plan.unshift('password')
      if (tried !== undefined) failure = rejected(tried, keyfile)
      for (let name = plan.shift(); name !== undefined; name = plan.shift()) {
        if (!left.includes(wire[name])) continue
        try {
          const method = await makers[name](parseKey)
          if (name === 'password') asked++
          tried = name
          attempts++
          return method
        } catch (error) {
          failure = error as Error
        }
      }
      if (attempts === 0 && failure === undefined)
        failure = refused('None of the requested authentication methods are supported by the server')
      else if (names.length > 1)
        failure = refused('All provided authentication methods with credentials were rejected by the server')
      return false
    },
  }

  function rejected(name: Name, path = ''): Error {
    if (name === 'privkey')
      return refused(`authentication with private key '${path}' has failed: Username/PublicKey combination invalid`)
    if (name === 'agent') return refused('All identities of the ssh agent were rejected')
    return refused('authentication failed: the server did not accept the answer')
  }
}

function namesOf(list: string): Name[] {
  return list.split(',').map((name) => {
    if (!Object.hasOwn(wire, name))
      throw virtError(ErrorNumber.INVALID_ARG, ErrorDomain.RPC, `Invalid authentication method: '${name}'`)
    return name as Name
  })
}
