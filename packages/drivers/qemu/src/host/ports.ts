// SPDX-License-Identifier: LGPL-2.1-or-later
// Ports that are chosen when they are needed: of displays, of guests that arrive.
import { createServer } from 'node:net'
import { internalError } from '../errors.js'

/** Ports of one range, each for one guest. */
export class Ports {
  readonly #least: number
  readonly #most: number
  readonly #name: string
  readonly #taken = new Set<number>()

  /** @param name of the range, for errors */
  constructor(name: string, least: number, most: number) {
    this.#name = name
    this.#least = least
    this.#most = most
  }

  /** The lowest port that nobody has. @throws VirtError when there is none */
  async take(): Promise<number> {
    for (let port = this.#least; port <= this.#most; port++) {
      if (this.#taken.has(port)) continue
      // Taken at once: whoever asks meanwhile must not be told of the same.
      this.#taken.add(port)
      if (await isFree(port)) return port
      this.#taken.delete(port)
    }
    throw internalError(`Unable to find an unused port in range '${this.#name}' (${this.#least}-${this.#most})`)
  }

  /** A port that a document names, or that a guest has already. */
  hold(port: number): void {
    this.#taken.add(port)
  }

  give(port: number): void {
    this.#taken.delete(port)
  }
}

async function isFree(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '0.0.0.0', exclusive: true }, () => server.close(() => resolve(true)))
  })
}
