// SPDX-License-Identifier: LGPL-2.1-or-later
// The system's Cyrus SASL as one end of a negotiation.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { SecurityProperties } from '../src/index.js'

export interface CyrusAnswer {
  readonly complete?: boolean
  readonly data?: Buffer | undefined
  readonly mechanism?: string
  readonly error?: string
  readonly ssf?: number
  readonly user?: string
}

/** Whether there is a Cyrus SASL with the mechanisms under test. */
export const cyrusIsThere: boolean =
  spawnSync('python3', ['-c', "import ctypes; ctypes.CDLL('libsasl2.so.2')"]).status === 0

export class Cyrus implements Disposable {
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>

  private constructor(args: string[]) {
    this.#child = spawn('python3', [join(import.meta.dirname, 'cyrus.py'), ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const { stdout } = this.#child
    if (stdout === null) throw new Error('python3 has no output')
    this.#lines = createInterface({ input: stdout })[Symbol.asyncIterator]()
  }

  /** @param database path of the database for a server */
  static async start(
    side: 'client' | 'server',
    host: string,
    mechanisms: string,
    { minSsf, maxSsf, plaintext }: SecurityProperties,
    user: string,
    password: string,
    database = '',
  ): Promise<Cyrus> {
    const numbers = [minSsf, maxSsf, plaintext ? 1 : 0].map(String)
    const cyrus = new Cyrus([side, 'libvirt', host, mechanisms, ...numbers, user, password, database])
    const { error } = await cyrus.#read()
    if (error !== undefined) throw new Error(error)
    return cyrus
  }

  async run(op: string, data?: Buffer, more: object = {}): Promise<CyrusAnswer> {
    this.#child.stdin?.write(`${JSON.stringify({ op, data: data?.toString('base64') ?? null, ...more })}\n`)
    return this.#read()
  }

  [Symbol.dispose](): void {
    this.#child.kill()
  }

  async #read(): Promise<CyrusAnswer> {
    const { value, done } = await this.#lines.next()
    if (done === true) throw new Error('python3 has ended')
    const answer = JSON.parse(value)
    return { ...answer, data: answer.data == null ? undefined : Buffer.from(answer.data, 'base64') }
  }
}
