// SPDX-License-Identifier: LGPL-2.1-or-later
// An authority that answers what a test wants, by the interface that polkit documents. It also tells what it was asked.
import { createClient, type MessageBus } from 'dbus-native'
import type { PrivateBus } from './private-polkit.js'

const name = 'org.freedesktop.PolicyKit1'
const path = '/org/freedesktop/PolicyKit1/Authority'
const authority = `${name}.Authority`

/** One question, as it came. */
export interface Asked {
  readonly kind: string
  readonly subject: Readonly<Record<string, unknown>>
  readonly action: string
  readonly details: Readonly<Record<string, string>>
  readonly flags: number
}

/** What to answer; undefined: nothing at all. */
type Script = (question: Asked) => boolean | undefined

export class ScriptedPolkit {
  readonly questions: Asked[] = []
  readonly #bus: MessageBus
  #cancelled = 0
  #wake: (() => void)[] = []

  private constructor(bus: MessageBus) {
    this.#bus = bus
  }

  static async start(on: PrivateBus, script: Script): Promise<ScriptedPolkit> {
    const bus = createClient({ busAddress: on.address, returnBigInt: true, plainValues: true })
    bus.connection.on('error', () => {})
    const polkit = new ScriptedPolkit(bus)
    const methods = {
      CheckAuthorization(
        [kind, subject]: [string, Record<string, unknown>],
        action: string,
        details: Record<string, string>,
        flags: number,
      ) {
        const question = { kind, subject, action, details, flags }
        polkit.questions.push(question)
        polkit.#tell()
        const authorized = script(question)
        return authorized === undefined ? new Promise(() => {}) : [authorized, false, []]
      },
      CancelCheckAuthorization() {
        polkit.#cancelled++
        polkit.#tell()
      },
    }
    bus.exportInterface(methods, path, {
      name: authority,
      methods: {
        CheckAuthorization: ['(sa{sv})sa{ss}us', '(bba{ss})', [], []],
        CancelCheckAuthorization: ['s', '', [], []],
      },
      signals: { Changed: [] },
      properties: {},
    })
    await bus.requestName(name, 0)
    return polkit
  }

  /** Says that answers may be others now. */
  change(): void {
    this.#bus.sendSignal(path, authority, 'Changed')
  }

  /** Resolves when so many questions have come. */
  async asked(count: number): Promise<void> {
    while (this.questions.length < count) await this.#next()
  }

  /** Resolves when so many were taken back. */
  async cancelled(count: number): Promise<void> {
    while (this.#cancelled < count) await this.#next()
  }

  async stop(): Promise<void> {
    await this.#bus.close()
  }

  #next(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve))
  }

  #tell(): void {
    for (const resolve of this.#wake.splice(0)) resolve()
  }
}
