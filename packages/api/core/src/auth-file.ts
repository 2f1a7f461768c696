// SPDX-License-Identifier: LGPL-2.1-or-later
// auth.conf: names and passwords for services on hosts, so that nobody has to be asked.
//
//   [auth-libvirt-HOST]        or [auth-libvirt-default] for hosts without a group of their own
//   credentials=NAME
//   [credentials-NAME]
//   authname=…, username=…, password=…, realm=…
import { access, constants, readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { AuthCallback, CredentialRequest, CredentialType } from './connect.js'
import { ErrorDomain, ErrorNumber } from './error-table.gen.js'
import { VirtError, virtError } from './errors.js'
import type { Uri } from './uri.js'

/** Which key answers which question. */
const keyOf: Readonly<Partial<Record<CredentialType, string>>> = {
  username: 'username',
  authname: 'authname',
  passphrase: 'password',
  realm: 'realm',
}

/** More than this is no file of credentials. */
const maxSize = 1024 * 1024

/** Credentials that were read from a file. */
export class AuthFile {
  readonly path: string
  readonly #groups: ReadonlyMap<string, ReadonlyMap<string, string>>

  /** @throws VirtError `conf-syntax` naming the line, never what is in it */
  constructor(text: string, path: string) {
    this.path = path
    this.#groups = parse(text, path)
  }

  /**
   * What the file answers to a question of a service on a host.
   * @param service `libvirt`, `esx`, `ssh` …
   * @returns nothing for hosts that it does not know, and for what it does not say
   * @throws VirtError `conf-syntax` for a group that leads nowhere
   * @since 0.1.0, `virAuthConfigLookup`
   */
  lookup(service: string, host: string, type: CredentialType): string | undefined {
    const names = [`auth-${service}-${host}`, `auth-${service}-default`]
    const name = names.find((one) => this.#groups.has(one))
    const key = keyOf[type]
    if (name === undefined || key === undefined) return undefined
    const credentials = this.#groups.get(name)?.get('credentials')
    if (credentials === undefined) throw wrong(`Missing item 'credentials' in group '${name}' in '${this.path}'`)
    const group = this.#groups.get(`credentials-${credentials}`)
    if (group === undefined)
      throw wrong(`Missing group 'credentials-${credentials}' referenced from group '${name}' in '${this.path}'`)
    return group.get(key)
  }
}

const wrong = (text: string): VirtError => virtError(ErrorNumber.CONF_SYNTAX, ErrorDomain.NONE, text)

function parse(text: string, path: string): Map<string, Map<string, string>> {
  const groups = new Map<string, Map<string, string>>()
  let group: Map<string, string> | undefined
  text.split(/\r?\n/).forEach((line, n) => {
    const bare = line.trimStart()
    if (bare === '' || bare.startsWith('#')) return
    const head = /^\[([^\]]+)\]/.exec(bare)?.[1]
    if (head !== undefined) {
      group = groups.get(head) ?? new Map<string, string>()
      groups.set(head, group)
      return
    }
    const at = bare.indexOf('=')
    const key = bare.slice(0, Math.max(0, at)).trimEnd()
    if (group === undefined || key === '') throw wrong(`${path}:${n + 1}: expecting [group] or name=value`)
    // What follows the value on its line belongs to it: a password may end in blanks.
    group.set(key, bare.slice(at + 1).trimStart())
  })
  return groups
}

/**
 * Where credentials are looked for: the first file that there is. The URI's and the environment's have to be there.
 * @since 0.1.0, `virAuthGetConfigFilePathURI`
 */
export async function readAuthFile(
  uri: Uri | undefined,
  env: Readonly<Record<string, string | undefined>> = process.env,
  home: string = homedir(),
): Promise<AuthFile | undefined> {
  const given = uri?.params.find(([name]) => name === 'authfile')?.[1] ?? env.LIBVIRT_AUTH_FILE
  const path =
    given ??
    (await firstReadable([
      join(env.XDG_CONFIG_HOME ?? join(home, '.config'), 'libvirt/auth.conf'),
      '/etc/libvirt/auth.conf',
    ]))
  if (path === undefined) return undefined
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    // differs: libvirt says that the cause is not known.
    throw new VirtError(`Failed to open file '${path}': ${error.message}`, {
      code: 'system-error',
      domain: ErrorDomain.NONE,
      details: 'it is what authfile= in the URI or LIBVIRT_AUTH_FILE names',
      cause: error,
    })
  })
  if (text.length > maxSize) throw wrong(`${path} is too large`)
  return new AuthFile(text, path)
}

async function firstReadable(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths)
    if (
      await access(path, constants.R_OK).then(
        () => true,
        () => false,
      )
    )
      return path
  return undefined
}

/** For whom credentials are looked up. */
export interface AuthTarget {
  readonly service: string
  readonly host: string
  readonly uri?: Uri
}

/**
 * Answers from the file of credentials; what it does not know, the user is asked.
 * @throws VirtError `auth-failed` when there is nobody to ask, or no answer
 * @since 0.1.0
 */
export function credentialsOf(
  { service, host, uri }: AuthTarget,
  ask: AuthCallback | undefined,
  failed: (text: string) => VirtError,
): (questions: readonly CredentialRequest[]) => Promise<readonly (string | undefined)[]> {
  let file: Promise<AuthFile | undefined> | undefined
  return async (questions) => {
    file ??= readAuthFile(uri)
    const known = await file
    const answers = questions.map(({ type }) => known?.lookup(service, host, type))
    const open = questions.filter((_, i) => answers[i] === undefined)
    if (open.length === 0) return answers
    if (ask === undefined) throw failed('No authentication callback available')
    const said = await Promise.resolve(ask(open)).catch((error: unknown) => {
      if (error instanceof VirtError) throw error
      throw virtError(ErrorNumber.AUTH_FAILED, ErrorDomain.REMOTE, 'Failed to collect auth credentials', {
        cause: error,
      })
    })
    let next = 0
    const all = answers.map((answer) => answer ?? said[next++])
    if (all.includes(undefined)) throw failed('Failed to collect auth credentials')
    return all
  }
}
