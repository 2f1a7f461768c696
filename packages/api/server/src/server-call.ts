// SPDX-License-Identifier: LGPL-2.1-or-later
import type { AccessCheck, Call, SlotInfo } from '@virt/core'
import type { Frame } from '@virt/rpc'
import type { Client } from './client.js'
import type { Entry } from './table.js'

/** A call that came in on a connection. */
export class ServerCall implements Call {
  readonly connection: Client
  readonly #entry: Entry
  readonly program: number
  readonly procedure: number
  readonly serial: number
  #controller: AbortController | undefined

  constructor(connection: Client, entry: Entry, frame: Frame) {
    this.connection = connection
    this.#entry = entry
    this.program = frame.program
    this.procedure = frame.procedure
    this.serial = frame.serial
  }

  get slot(): SlotInfo | undefined {
    return this.#entry.info
  }

  get check(): AccessCheck | undefined {
    return this.connection.checker
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      const controller = new AbortController()
      this.#controller = controller
      this.connection.onClose(() => controller.abort())
    }
    return this.#controller.signal
  }
}
