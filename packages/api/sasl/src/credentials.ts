// SPDX-License-Identifier: LGPL-2.1-or-later
// What the user is asked for, in libvirt's terms.
import { SaslError } from './error.js'
import { checkName } from './prepare.js'

/** `VIR_CRED_*` */
export const CredentialType = {
  username: 1,
  authname: 2,
  language: 3,
  cnonce: 4,
  passphrase: 5,
  echoprompt: 6,
  noechoprompt: 7,
  realm: 8,
  external: 9,
} as const

/** One question. */
export interface CredentialQuestion {
  /** One of {@link CredentialType}. */
  readonly type: number
  readonly prompt: string
  readonly challenge?: string
  readonly defaultResult?: string
}

/** Answers questions, in order. `undefined` for what the user would not say. */
export type AskCredentials = (questions: readonly CredentialQuestion[]) => Promise<readonly (string | undefined)[]>

const question = {
  authname: { type: CredentialType.authname, prompt: 'Please enter your authentication name' },
  passphrase: { type: CredentialType.passphrase, prompt: 'Please enter your password' },
} satisfies Record<string, CredentialQuestion>

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
            type: CredentialType.realm,
            prompt: 'Please choose your realm',
            challenge: realms.join(' '),
            defaultResult: realms[0] as string,
          },
        ]
  const [user, password, realm] = await ask([question.authname, question.passphrase, ...several])
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
