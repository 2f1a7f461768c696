// SPDX-License-Identifier: LGPL-2.1-or-later
// Who we are, to the daemon: the kind of authentication it wants or the URI asks for. A new kind is one more row.
import { type AuthCallback, ErrorDomain, ErrorNumber, type Uri, type VirtError, virtError } from '@virt/core'
import { remote } from '@virt/rpc'
import { authSasl } from './auth-sasl.js'
import { message } from './calls.js'
import type { Link } from './link.js'
import { paramOf, type Way } from './way.js'

/** What a kind of authentication may use. */
export interface AuthContext {
  readonly link: Link
  readonly uri: Uri
  readonly way: Way
  /** Asks the user; absent when nobody can be asked. */
  readonly ask: AuthCallback | undefined
}
/** One kind of authentication. @throws VirtError `auth-failed` */
export type Authentication = (context: AuthContext) => Promise<void>

const authList = message('AUTH_LIST', undefined, (r) => remote.decodeAuthListRet(r).types)
const authPolkit = message('AUTH_POLKIT', undefined, (r) => remote.decodeAuthPolkitRet(r).complete)

/** Kinds of authentication. */
export type AuthKind = 'none' | 'sasl' | 'polkit'
const kinds: Readonly<Record<AuthKind, Authentication>> = {
  none: async () => {},
  sasl: authSasl,
  polkit: async ({ link }) => void (await link.call(authPolkit, [], 'authPolkit')),
}
/** By `remote_auth_type`. */
const nameOf: Readonly<Record<number, AuthKind>> = { 0: 'none', 1: 'sasl', 2: 'polkit' }

/** Authenticates as the daemon wants: the first kind it lists, or the one the URI's `auth` names. */
export async function authenticate(context: AuthContext): Promise<AuthKind> {
  const types = await context.link.call(authList, [], 'authList')
  const wanted = paramOf(context.uri, 'auth')?.replace(/\..*$/s, '')
  if (wanted !== undefined && wanted !== 'sasl' && wanted !== 'polkit')
    throw failed(`unknown authentication type ${wanted}`)
  const type = wanted === undefined ? types[0] : types.find((t) => nameOf[t] === wanted)
  if (type === undefined) throw failed(`requested authentication type ${wanted} rejected`)
  const name = nameOf[type]
  if (name === undefined) throw failed(`unsupported authentication type ${type}`)
  await kinds[name](context)
  return name
}

const failed = (detail: string): VirtError => virtError(ErrorNumber.AUTH_FAILED, ErrorDomain.REMOTE, detail)
