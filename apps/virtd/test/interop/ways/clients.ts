// SPDX-License-Identifier: GPL-2.0-or-later
// Two clients that tell how a connection went in the same terms: libvirt's C library, and ours.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type AuthCallback, connect, isVirtError } from '@virt/core'
import { remote } from '@virt/remote'

/** How it went. */
export type Outcome =
  | { domains: string[]; secure: boolean; encrypted: boolean }
  | { code: number; domain: number; message: string }

/** What to connect to. */
export interface Wish {
  readonly uri: string
  readonly readOnly?: boolean
  /** What the user answers. */
  readonly answers?: { authname?: string; passphrase?: string } | undefined
  /** How long it may take, ms. */
  readonly patience?: number
}

export interface WaysClient {
  readonly name: string
  connect(wish: Wish): Promise<Outcome>
  stop(): Promise<void>
}

/** Longest time for one connection where nothing is said, ms. */
const deadline = 10_000
/** How it went where nobody answered. */
export const late: Outcome = { code: 0, domain: 0, message: 'no answer in time' }

const python = '/usr/bin/python3'
const script = join(import.meta.dirname, 'libvirt-client.py')
/** Whether the C library can be asked. */
export const libvirtIsThere = existsSync(python) && existsSync('/usr/lib/python3/dist-packages/libvirt.py')

/** `VIR_CRED_*` */
const credentialNumbers = { authname: 2, passphrase: 5 } as const

export class LibvirtClient implements WaysClient {
  readonly name = 'libvirt'
  readonly #env: Record<string, string>
  readonly #uid: number | undefined
  #child: ChildProcess | undefined
  #lines: AsyncIterator<string> | undefined
  #turn: Promise<unknown> = Promise.resolve()

  constructor(env: Record<string, string> = {}, uid?: number) {
    this.#env = env
    this.#uid = uid
  }

  /** Its process, once it was asked for something. */
  get pid(): number | undefined {
    return this.#child?.pid
  }

  connect(wish: Wish): Promise<Outcome> {
    const turn = this.#turn.then(() => this.#ask(wish))
    this.#turn = turn.catch(() => {})
    return turn
  }

  async stop(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
  }

  async #ask({ uri, readOnly = false, answers = {}, patience = deadline }: Wish): Promise<Outcome> {
    if (this.#child === undefined) {
      const ids = this.#uid === undefined ? {} : { uid: this.#uid, gid: this.#uid }
      const child = spawn(python, [script], {
        ...ids,
        env: { ...process.env, LC_ALL: 'C', ...this.#env },
        stdio: ['pipe', 'pipe', 'inherit'],
      })
      this.#child = child
      this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    }
    const numbered = Object.fromEntries(
      Object.entries(answers).map(([name, text]) => [credentialNumbers[name as keyof typeof credentialNumbers], text]),
    )
    this.#child.stdin?.write(`${JSON.stringify({ uri, readOnly, answers: numbered })}\n`)
    const timer = setTimeout(() => void this.#child?.kill('SIGKILL'), patience)
    const line = await this.#lines?.next()
    clearTimeout(timer)
    if (line === undefined || line.done) {
      this.#child = undefined
      return late
    }
    return JSON.parse(line.value) as Outcome
  }
}

export class OurClient implements WaysClient {
  readonly name = '@virt/remote'

  async connect({ uri, readOnly = false, answers = {}, patience = deadline }: Wish): Promise<Outcome> {
    const said: Record<string, string | undefined> = answers
    const auth: AuthCallback = (questions) => questions.map(({ type }) => said[type])
    try {
      await using conn = await connect(uri, {
        drivers: [remote()],
        readOnly,
        timeout: patience,
        auth,
      })
      const domains: string[] = []
      for await (const dom of conn.domains.list({ timeout: patience })) domains.push(dom.name)
      return { domains, secure: await conn.isSecure(), encrypted: await conn.isEncrypted() }
    } catch (error) {
      if (!isVirtError(error)) throw error
      if (error.code === 'aborted' || error.code === 'timeout') return late
      return { code: error.number, domain: error.domain, message: error.message }
    }
  }

  async stop(): Promise<void> {}
}
