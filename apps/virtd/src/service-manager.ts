// SPDX-License-Identifier: GPL-2.0-or-later
// What systemd wants to hear of a daemon: that it is ready, reads its settings again, stops, and that it is alive.
import type { Clock, Logger } from '@virt/core'
import { load, loadFailure } from '@virt/native'

/** Tells what was said. Made with nobody to tell it does nothing. */
export class ServiceManager {
  readonly #send: ((text: string) => void) | undefined
  readonly #clock: Clock
  readonly #interval: number | undefined
  #timer: Disposable | undefined

  /** @param interval ms between signs of life */
  constructor(send: ((text: string) => void) | undefined, clock: Clock, interval?: number) {
    this.#send = send
    this.#clock = clock
    this.#interval = interval
  }

  /**
   * The one that the environment names, of which it is cleared: it is for nobody that we start.
   * Without the addon nobody can be told, which is logged.
   */
  static of(env: NodeJS.ProcessEnv, clock: Clock, log: Logger): ServiceManager {
    const { NOTIFY_SOCKET: path, WATCHDOG_USEC: time, WATCHDOG_PID: pid } = env
    for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete env[name]
    if (path === undefined || !/^[/@]/.test(path)) return new ServiceManager(undefined, clock)
    const native = load()
    if (native === undefined) {
      log.warn(`the service manager is told nothing: ${loadFailure()}`)
      return new ServiceManager(undefined, clock)
    }
    const socket = native.sockets.open()
    const to = path.replace(/^@/, '\0')
    const send = (text: string): void => {
      socket.send(text, { path: to, ref: false }).catch((error: Error) => log.warn(`${path}: ${error.message}`))
    }
    const watched = time !== undefined && /^\d{1,12}$/.test(time) && (pid === undefined || pid === String(process.pid))
    return new ServiceManager(send, clock, watched ? Number(time) / 2000 : undefined)
  }

  /** Clients are served. */
  ready(): void {
    this.#send?.('READY=1')
    this.#alive()
  }

  reloading(): void {
    // Both clocks are CLOCK_MONOTONIC, in microseconds.
    this.#send?.(`RELOADING=1\nMONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`)
  }

  stopping(): void {
    this.#timer?.[Symbol.dispose]()
    this.#send?.('STOPPING=1')
  }

  /** A daemon whose loop is stuck says nothing. */
  #alive(): void {
    if (this.#send === undefined || this.#interval === undefined) return
    this.#timer?.[Symbol.dispose]()
    this.#timer = this.#clock.after(this.#interval, () => {
      this.#send?.('WATCHDOG=1')
      this.#alive()
    })
  }
}
