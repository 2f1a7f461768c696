// SPDX-License-Identifier: LGPL-2.1-or-later
// Users as a daemon keeps them: what checks a password, never the password.
import { createHmac, randomBytes } from 'node:crypto'
import { digestSecret } from './digest-keys.js'
import { iterationsDefault, keysOf, type ScramKeys, type ScramName, saltedPassword, scramHashes } from './scram-keys.js'

/** A user of one realm. */
export interface SaslUser {
  readonly user: string
  readonly realm: string
  /** Keys by mechanism. */
  readonly scram: Readonly<Partial<Record<ScramName, ScramKeys>>>
  /** 16 bytes for DIGEST-MD5. */
  readonly digest?: Buffer
}

/** Where a server looks users up. */
export interface UserStore {
  find(user: string, realm: string): Promise<SaslUser | undefined>
}

/**
 * What to keep of a new user's password.
 * @param iterations rounds of SCRAM
 * @throws SaslError when the password has characters passwords cannot have
 * @since 0.1.0
 */
export async function makeUser(
  user: string,
  realm: string,
  password: string,
  iterations: number = iterationsDefault,
): Promise<SaslUser> {
  const names = Object.keys(scramHashes) as ScramName[]
  const rows = names.map(async (name) => {
    const salt = randomBytes(16)
    const salted = await saltedPassword(scramHashes[name], password, salt, iterations)
    return [name, { iterations, salt, ...keysOf(scramHashes[name], salted) }] as const
  })
  return {
    user,
    realm,
    scram: Object.fromEntries(await Promise.all(rows)),
    digest: digestSecret(user, realm, password),
  }
}

/** Differs each time the program runs, so that nobody can tell made-up keys from real ones by trying. */
const decoySeed = randomBytes(32)

const decoy = (what: string, name: string, size: number): Buffer =>
  createHmac('sha256', decoySeed).update(`${what}\0${name}`).digest().subarray(0, size)

/** Keys for somebody who is not there: the same each time they are asked for, and no password opens them. */
export function decoyUser(user: string, realm: string): Required<SaslUser> {
  const whole = `${user}\0${realm}`
  const keys = (name: ScramName): ScramKeys => ({
    iterations: iterationsDefault,
    salt: decoy(`${name} salt`, whole, 16),
    storedKey: decoy(`${name} stored`, whole, scramHashes[name].size),
    serverKey: decoy(`${name} server`, whole, scramHashes[name].size),
  })
  return {
    user,
    realm,
    scram: { 'SCRAM-SHA-256': keys('SCRAM-SHA-256'), 'SCRAM-SHA-1': keys('SCRAM-SHA-1') },
    digest: decoy('digest', whole, 16),
  }
}
