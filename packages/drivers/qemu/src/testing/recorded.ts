// SPDX-License-Identifier: LGPL-2.1-or-later
// Sessions with a monitor that were written down: commands and answers, played back strictly.
import { isDeepStrictEqual } from 'node:util'
import { formatJson, type Json, parseJson } from '@virt/core'
import type { JsonObject } from '../monitor/monitor.js'
import type { Transport } from '../monitor/transport.js'
import { pipe } from './pipe.js'

/** One question and its answer. */
interface Exchange {
  readonly command: JsonObject
  readonly reply: JsonObject
}

/** Sessions of one recording, in order. */
export class Recording {
  readonly #sessions: Exchange[][] = []
  #next = 0

  /** @param text documents with blank lines between them: command, answer, command, answer … */
  constructor(text: string) {
    const documents = text
      .split(/\n\s*\n/)
      .filter((part) => part.trim() !== '')
      .map((part) => parseJson(part) as JsonObject)
    for (let i = 0; i + 1 < documents.length; i += 2) {
      const exchange = { command: documents[i] as JsonObject, reply: documents[i + 1] as JsonObject }
      // Each session begins with the same negotiation.
      if (exchange.command.execute === 'qmp_capabilities') this.#sessions.push([])
      this.#sessions.at(-1)?.push(exchange)
    }
  }

  /** How many sessions there are. */
  get size(): number {
    return this.#sessions.length
  }

  /** Answers of a command, by its name, in all sessions. */
  replies(command: string): Json[] {
    return this.#sessions.flat().flatMap((one) => (one.command.execute === command ? [one.reply.return ?? null] : []))
  }

  /** The next session as a connection. It breaks at the first command that was not recorded in its place. */
  session(): { transport: Transport; rest: () => number } {
    const exchanges = [...(this.#sessions[this.#next++] ?? [])]
    const { near, far } = pipe()
    far.onLine = (line) => {
      const command = parseJson(line) as JsonObject
      const expected = exchanges.shift()
      if (expected === undefined) return far.fail(new Error(`nothing was recorded for ${line}`))
      if (!isDeepStrictEqual(plain(command), plain(expected.command)))
        return far.fail(new Error(`${line} came where ${formatJson(expected.command)} was recorded`))
      far.write(`${formatJson(expected.reply)}\n`)
    }
    return { transport: near, rest: () => exchanges.length }
  }
}

/** Numbers as text, so that 1 is 1 however it is held. */
function plain(value: Json): unknown {
  return JSON.parse(formatJson(value)) as unknown
}
