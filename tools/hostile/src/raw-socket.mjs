// SPDX-License-Identifier: GPL-2.0-or-later
// A client on the bare socket: sends any bytes, and cuts what comes into frames.
import { connect } from 'node:net'
import { FrameParser, keepFrame } from '@virt/rpc'
import { call, opening } from './packets.mjs'

export class RawSocket {
  /** Frames that have come. */
  frames = 0
  last = undefined
  closed = false
  #waiting = []

  static open(path) {
    return new Promise((resolve, reject) => {
      const raw = new RawSocket()
      const socket = connect(path)
      raw.socket = socket
      const parser = new FrameParser()
      socket.once('connect', () => resolve(raw))
      socket.on('data', (chunk) =>
        parser.push(chunk, (frame) => {
          raw.frames++
          raw.last = keepFrame(frame)
          raw.#wake()
        }),
      )
      socket.once('error', reject)
      socket.on('error', () => {})
      socket.on('close', () => {
        raw.closed = true
        raw.#wake()
      })
    })
  }

  /** Opens `test:///default`. */
  static async session(path) {
    const raw = await RawSocket.open(path)
    raw.send(...opening.map(([name, args], serial) => call(name, serial, args)))
    if (!(await raw.until(() => raw.frames >= opening.length))) throw new Error('the daemon let nobody in')
    return raw
  }

  send(...packets) {
    if (!this.closed) this.socket.write(Buffer.concat(packets))
  }

  /** Whether something came true before the time was over. */
  until(condition, ms = 30_000) {
    return new Promise((resolve) => {
      const look = () => {
        if (!condition()) return false
        clearTimeout(timer)
        this.#waiting = this.#waiting.filter((one) => one !== look)
        resolve(true)
        return true
      }
      const timer = setTimeout(() => {
        this.#waiting = this.#waiting.filter((one) => one !== look)
        resolve(false)
      }, ms)
      if (!look()) this.#waiting.push(look)
    })
  }

  destroy() {
    this.socket.destroy()
  }

  #wake() {
    for (const look of [...this.#waiting]) look()
  }
}
