// SPDX-License-Identifier: GPL-2.0-or-later
// How clients of each door prove who they are, as the settings want it.
import { existsSync } from 'node:fs'
import { hostname } from 'node:os'
import type { Clock, Identity, Logger } from '@virt/core'
import { load } from '@virt/native'
import type { GssProvider, UserStore } from '@virt/sasl'
import { type Authenticator, noAuth, type PolkitAuthority, polkit, sasl, Throttle } from '@virt/server'
import type { AuthName, Config } from './config.js'

/** Ways into the daemon. */
export type Door = 'unix_rw' | 'unix_ro' | 'tcp' | 'tls'

/** What is known of somebody who wants in. */
export interface Visitor {
  readonly identity: Identity
  readonly source: string
  readonly secure: boolean
  /** Fires when they have gone. */
  readonly gone: AbortSignal
}

/** What it is done with. */
export interface AuthMeans {
  /** The folder of settings, where the users are. */
  readonly folder: string
  readonly authority: Pick<PolkitAuthority, 'check'>
  readonly log: Logger
  readonly clock: Clock
  /** Whether the kernel tells who is at the other end of a unix socket. */
  readonly knowsPeers: () => boolean
}

const privileged = process.getuid?.() === 0

/** Mechanisms that need not be asked for: a certificate alone is none of them, where the settings want a password. */
const usualMechanisms = ['GSSAPI', 'SCRAM-SHA-256', 'SCRAM-SHA-1', 'DIGEST-MD5', 'PLAIN']

/** Makes authenticators. */
export class Authentication {
  readonly kinds: Readonly<Record<Door, AuthName>>
  readonly #means: AuthMeans
  readonly #users: UserStore
  readonly #throttle: Throttle
  readonly #polkit: ReturnType<typeof polkit>
  #sasl: ReturnType<typeof sasl>

  constructor(config: Config, means: AuthMeans) {
    // As libvirt has it where it was built with polkit. Nobody could be asked about whom the kernel does not know.
    const unix = (asked: AuthName | undefined): AuthName =>
      asked ?? (privileged && means.knowsPeers() ? 'polkit' : 'none')
    this.kinds = {
      unix_rw: unix(config.auth_unix_rw),
      unix_ro: unix(config.auth_unix_ro),
      tcp: config.auth_tcp,
      tls: config.auth_tls,
    }
    this.#means = means
    this.#users = usersIn(`${means.folder}/passwd.virt`)
    this.#throttle = new Throttle(means.clock)
    this.#polkit = polkit(means)
    this.#sasl = this.#saslOf(config)
  }

  /** New settings, for those to come. */
  reload(config: Config): void {
    this.#sasl = this.#saslOf(config)
  }

  /** How somebody who came to a door proves who they are. */
  of(door: Door, visitor: Visitor): Authenticator {
    const { identity, source, secure } = visitor
    switch (this.kinds[door]) {
      case 'none':
        return noAuth
      case 'polkit':
        return this.#polkit({ identity, readOnly: door === 'unix_ro', gone: visitor.gone })
      case 'sasl': {
        const external = identity.x509DistinguishedName
        return this.#sasl({ secure, source, ...(external === undefined ? {} : { external }) })
      }
    }
  }

  #saslOf(config: Config): ReturnType<typeof sasl> {
    return sasl({
      users: this.#users,
      realm: hostname(),
      minSsf: config.tcp_min_ssf,
      mechanisms: config.sasl_mechanisms ?? usualMechanisms,
      throttle: this.#throttle,
      log: this.#means.log,
      ...kerberos(),
      ...(config.sasl_allowed_username_list === undefined ? {} : { allowed: config.sasl_allowed_username_list }),
    })
  }
}

/** Kerberos, where the daemon has keys that tickets are for; what speaks it is loaded for the first who wants in. */
function kerberos(): { gss?: GssProvider } {
  const keys = (process.env.KRB5_KTNAME ?? '/etc/krb5.keytab').replace(/^(WR)?FILE:/, '')
  const system = existsSync(keys) ? load()?.kerberos : undefined
  if (!system?.isThere()) return {}
  const provider = async (): Promise<Required<GssProvider>> => (await import('@virt/sasl')).systemProvider(system)
  return {
    gss: {
      protects: true,
      initiate: async (target) => (await provider()).initiate(target),
      accept: async (target) => (await provider()).accept(target),
    },
  }
}

/** Users of a file; what reads it is loaded for the first who wants in. */
function usersIn(path: string): UserStore {
  let file: Promise<UserStore> | undefined
  return {
    async find(user, realm) {
      file ??= import('@virt/sasl').then(({ UserFile }) => new UserFile(path))
      return await (await file).find(user, realm)
    },
  }
}
