// SPDX-License-Identifier: LGPL-2.1-or-later
// Who may come in. One authenticator per connection; which kind is the listener's matter.
import type { Answer, Identity } from '@virt/core'
import type { remote } from '@virt/rpc'
import { rpcError } from './errors.js'

/** `remote_auth_type` */
export const AuthType = { none: 0, sasl: 1, polkit: 2 } as const

/** Protects a byte stream. Each direction is used in order, from its first byte on. */
export interface ByteLayer {
  encode(plain: Uint8Array): Buffer
  /** Opens what has come, however it was cut. @throws Error for what was changed on the way */
  decode(sealed: Uint8Array): Buffer
}

/** Authentication of one connection. */
export interface Authenticator {
  /** What `AUTH_LIST` answers: exactly one type. */
  readonly types: readonly number[]
  /** Whether calls are let through already. */
  readonly done: boolean
  /** What authentication has added to the identity. */
  readonly identity?: Identity
  /** Protects what follows the answer that ended it. */
  readonly layer?: ByteLayer | undefined
  saslInit(): Answer<remote.AuthSaslInitRet>
  saslStart(args: remote.AuthSaslStartArgs): Answer<remote.AuthSaslStartRet>
  saslStep(args: remote.AuthSaslStepArgs): Answer<remote.AuthSaslStepRet>
  polkit(): Answer<remote.AuthPolkitRet>
}

const refuse = (kind: string): never => {
  throw rpcError(`client tried unsupported ${kind} auth`)
}

/** Lets everybody in: the socket's mode is the guard. */
export const noAuth: Authenticator = {
  types: [AuthType.none],
  done: true,
  saslInit: () => refuse('SASL init'),
  saslStart: () => refuse('SASL start'),
  saslStep: () => refuse('SASL step'),
  polkit: () => refuse('PolicyKit'),
}
