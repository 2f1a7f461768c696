// SPDX-License-Identifier: GPL-2.0-or-later
// The same calls to both daemons, with their answers and events as texts that are to be equal.
import { FrameStatus, FrameType } from '@virt/rpc'
import { type Packet, readPacket } from '@virt/rpc/testing'
import { callPacket } from '../call.js'
import type { Step } from '../cases.js'
import { plain, text } from '../compare.js'
import { type Arrived, WireSocket } from '../socket.js'
import { fleeting, freeLeaves, freeParams, freeTexts, unordered } from './masks.js'

/** How long an answer may take, in milliseconds. */
const patience = 20_000

/** What is the same, as the same text. */
export function masked(packet: Packet): string {
  const name = packet.of?.name ?? `${packet.program}:${packet.procedure}`
  const body = mask(name, '', plain(packet.body))
  return `${name} ${packet.status === FrameStatus.error ? 'error' : 'ok'} ${text(body)}`
}

function mask(name: string, path: string, value: unknown): unknown {
  if (path !== '' && freeLeaves.some(([pattern]) => pattern.test(`${name} ${path}`))) {
    // That there is none is no secret.
    if (typeof value !== 'object') return value === -1 ? value : typeof value
  }
  if (typeof value === 'string') return maskText(value)
  if (Array.isArray(value)) {
    const list = value.map((one: unknown, i) => mask(name, `${path === '' ? '' : `${path}.`}${i}`, one))
    return unordered.some((pattern) => pattern.test(`${name} ${path}`)) ? sorted(list) : list
  }
  // What a guest has in its memory is of the moment.
  if (value instanceof Uint8Array && name === 'DOMAIN_MEMORY_PEEK') return `${value.length} bytes`
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return value
  const { field, shape, values } = value as { field?: unknown; shape?: { names: string[] }; values?: unknown[] }
  if (typeof field === 'string' && freeParams.test(field)) return { field: maskText(field) }
  if (shape !== undefined && values !== undefined) {
    const names = shape.names.map(maskText)
    return {
      shape: { ...shape, names },
      values: values.map((one, i) => paramOf(shape.names[i] ?? '', mask(name, `${path}.values.${i}`, one))),
    }
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, mask(name, path === '' ? key : `${path}.${key}`, one)]),
  )
}

const messagesOf = (socket: WireSocket): readonly Arrived[] =>
  socket.left.filter(({ frame }) => frame.type === FrameType.message)

const maskText = (value: string): string => freeTexts.reduce((so, [pattern, by]) => so.replace(pattern, by), value)
const paramOf = (name: string, value: unknown): unknown =>
  freeParams.test(name) ? typeof value : typeof value === 'string' ? maskText(value) : value

const sorted = (list: readonly unknown[]): unknown[] => [...list].sort((a, b) => (text(a) < text(b) ? -1 : 1))

/** What each has said. */
export interface Said {
  readonly theirs: string
  readonly ours: string
}

/** What a daemon says that does not answer. */
export const hungUp = 'no answer'

/** One connection to each of the two. */
export class Pair {
  readonly #sockets: readonly [WireSocket, WireSocket]
  #serial = 0
  #told: [number, number] = [0, 0]

  private constructor(theirs: WireSocket, ours: WireSocket) {
    this.#sockets = [theirs, ours]
  }

  static async open(theirs: string, ours: string): Promise<Pair> {
    return new Pair(await WireSocket.open(theirs), await WireSocket.open(ours))
  }

  /** Says the same to both, one call after the other; with `apace` all at once, for calls that change nothing. */
  async say(steps: readonly Step[], apace = false): Promise<Said[]> {
    const serials = steps.map(() => this.#serial++)
    const packets = steps.map(({ name, args }, i) => callPacket(name, args, serials[i] as number))
    const both = await Promise.all(
      this.#sockets.map(async (socket) => {
        if (apace) socket.send(Buffer.concat(packets))
        const said: string[] = []
        for (const [i, packet] of packets.entries()) {
          if (!apace) socket.send(packet)
          said.push(await this.#answer(socket, serials[i] as number))
        }
        return said
      }),
    )
    return steps.map((_, i) => ({ theirs: both[0]?.[i] ?? hungUp, ours: both[1]?.[i] ?? hungUp }))
  }

  async #answer(socket: WireSocket, serial: number): Promise<string> {
    const isReply = ({ frame }: Arrived): boolean => frame.serial === serial && frame.type === FrameType.reply
    const reply = await socket.take((frame) => isReply({ frame } as Arrived), patience)
    return reply === undefined ? hungUp : masked(readPacket(reply.frame))
  }

  /** Events since the last time, of each. @param settle how long those of one may come later than the other's, in milliseconds */
  async events(settle = 500): Promise<readonly [string[], string[]]> {
    const until = Date.now() + settle
    for (;;) {
      const both = this.#sockets.map((socket, i) =>
        messagesOf(socket)
          .slice(this.#told[i])
          .map(({ frame }) => masked(readPacket(frame)))
          .filter((event) => !fleeting.test(event)),
      ) as [string[], string[]]
      if (both[0].join() === both[1].join() || Date.now() > until) {
        this.#told = this.#sockets.map((socket) => messagesOf(socket).length) as [number, number]
        return both
      }
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }

  close(): void {
    for (const socket of this.#sockets) socket.close()
  }
}
