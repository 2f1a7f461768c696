// SPDX-License-Identifier: LGPL-2.1-or-later
// What the user is asked for, in libvirt's terms.
import { SaslError } from './error.js'
import { checkName } from './prepare.js'

/** One question; `type` is a `VIR_CRED_*` by name. */
export interface CredentialQuestion {
  readonly type: 'authname' | 'passphrase' | 'realm'
  readonly prompt: string
  readonly challenge?: string
  readonly defaultResult?: string
}

/** Answers questions, in order; `undefined` for what the user would not say. */
export type AskCredentials = (
  questions: readonly CredentialQuestion[],
) => Promise<readonly (string | undefined)[]> | readonly (string | undefined)[]

const authname: CredentialQuestion = { type: 'authname', prompt: 'Please enter your authentication name' }
const passphrase: CredentialQuestion = { type: 'passphrase', prompt: 'Please enter your password' }

/** Name and password, and one of several realms. All is asked at once. */
export async function askSecrets(
  ask: AskCredentials,
  realms: readonly string[],
): Promise<{ user: string; password: string; realm: string | undefined }> {
  const several: CredentialQuestion[] =
    realms.length < 2
      ? []
      : [
          {
            type: 'realm',
            prompt: 'Please choose your realm',
            challenge: realms.join(' '),
            defaultResult: realms[0] as string,
          },
        ]
  const [user, password, realm] = await ask([authname, passphrase, ...several])
  const need = (text: string | undefined, what: string): string => {
    if (text === undefined) throw new SaslError('bad-parameter', `no ${what} was given`)
    return checkName(text, `the ${what}`)
  }
  return {
    user: need(user, 'authentication name'),
    password: need(password, 'password'),
    realm: realms.length < 2 ? realms[0] : (realm ?? realms[0]),
  }
}
