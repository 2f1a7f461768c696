// SPDX-License-Identifier: LGPL-2.1-or-later
// Who may come in. One authenticator per connection; which kind is the listener's matter.
import { type Answer, ErrorDomain, ErrorNumber, type Identity, VirtError, virtError } from '@virt/core'
import type { remote } from '@virt/rpc'

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

/** No word of why: who asks for what this socket does not want learns nothing. */
const refuse = (): never => {
  throw virtError(ErrorNumber.AUTH_FAILED, ErrorDomain.RPC, 'authentication failed')
}
const refusePolkit = (): never => {
  // parity: libvirt's daemon forgets to say anything.
  throw new VirtError('Library function returned error but did not set virError', {
    number: ErrorNumber.INTERNAL_ERROR,
    domain: ErrorDomain.RPC,
    int1: 0,
    int2: 0,
  })
}

/** Lets everybody in: the socket's mode is the guard. */
export const noAuth: Authenticator = {
  types: [AuthType.none],
  done: true,
  saslInit: refuse,
  saslStart: refuse,
  saslStep: refuse,
  polkit: refusePolkit,
}
