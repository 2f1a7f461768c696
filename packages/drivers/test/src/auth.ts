// SPDX-License-Identifier: LGPL-2.1-or-later
// Who may open a node file that names its users.
import type { AuthCallback, Call, CredentialRequest } from '@virt/core'
import { ErrorDomain, ErrorNumber, virtError } from '@virt/core'
import { testError } from './errors.js'
import type { AuthUser } from './state.js'

function refused(detail: string): Error {
  return virtError(ErrorNumber.AUTH_FAILED, ErrorDomain.AUTH, detail)
}

async function ask(auth: AuthCallback, request: CredentialRequest): Promise<string | undefined> {
  return (await auth([request]))[0]
}

/**
 * Asks for a name and, where the user has one, the password.
 * @throws VirtError `invalid-arg` without a callback, `auth-failed` when the answers are wrong
 */
export async function authenticate(
  call: Call & { auth?: AuthCallback | undefined },
  allowed: readonly AuthUser[],
): Promise<void> {
  const { auth } = call
  if (auth === undefined)
    throw virtError(ErrorNumber.INVALID_ARG, ErrorDomain.AUTH, 'Missing authentication credentials')
  const name = await ask(auth, {
    type: 'authname',
    prompt: 'Enter username for localhost',
    challenge: 'localhost',
  })
  if (name === undefined) throw refused('Username request failed')
  const user = allowed.find((one) => one.name === name)
  if (user !== undefined && user.password === undefined) return
  const password = await ask(auth, { type: 'noechoprompt', prompt: `Enter ${name}'s password for localhost` })
  if (password === undefined)
    throw virtError(
      ErrorNumber.OPERATION_FAILED,
      ErrorDomain.AUTH,
      'failed to retrieve user response for authentication callback',
    )
  if (user === undefined || user.password !== password)
    throw testError(ErrorNumber.AUTH_FAILED, 'authentication failed, see test XML for the correct username/password')
}
