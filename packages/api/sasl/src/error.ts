// SPDX-License-Identifier: LGPL-2.1-or-later
// Why it went wrong, with the numbers other implementations of SASL use, so that logs can be compared.

const table = {
  fail: [-1, 'generic failure'],
  'no-mechanism': [-4, 'no mechanism available'],
  protocol: [-5, 'bad protocol / cancel'],
  'bad-parameter': [-7, 'invalid parameter supplied'],
  'bad-mac': [-9, 'integrity check failed'],
  'bad-server': [-10, 'server failed mutual authentication step'],
  'bad-auth': [-13, 'authentication failure'],
  'no-authorization': [-14, 'authorization failure'],
  'too-weak': [-15, 'mechanism too weak for this user'],
} as const

/** The kinds of failure. */
export type SaslFailure = keyof typeof table

/** An exchange that failed. Its message never holds a secret. */
export class SaslError extends Error {
  override readonly name = 'SaslError'
  readonly failure: SaslFailure
  /** `SASL_*` */
  readonly number: number

  constructor(failure: SaslFailure, detail: string) {
    const [number, text] = table[failure]
    super(`SASL(${number}): ${text}: ${detail}`)
    this.failure = failure
    this.number = number
  }
}

/** The error for a message that is not what its mechanism prescribes. */
export const malformed = (detail: string): SaslError => new SaslError('protocol', detail)
