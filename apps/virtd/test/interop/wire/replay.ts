// SPDX-License-Identifier: GPL-2.0-or-later
// Plays the client's side of a recorded session to a daemon, and compares what it answers with what was recorded.
import { readFileSync } from 'node:fs'
import { type Frame, FrameParser, FrameType, keepFrame, Program } from '@virt/rpc'
import { readPacket } from '@virt/rpc/testing'
import { Comparison, hexOf, plain, text } from './compare.js'
import { WireSocket } from './socket.js'

interface Line {
  readonly seq: number
  readonly conn: number
  readonly dir?: 'c2s' | 's2c'
  readonly event?: 'connect' | 'eof' | 'fd'
  readonly hex?: string
  readonly malformed?: boolean
}

/** One packet that is not what was recorded. */
export interface Difference {
  readonly seq: number
  readonly packet: string
  readonly expected: string
  readonly got: string
}

/** What another client did while the session was recorded; called before the first event that is waited for. */
export type Bystander = () => Promise<void>

function frameOf(bytes: Buffer): Frame {
  let found: Frame | undefined
  new FrameParser().push(bytes, (frame) => {
    found = keepFrame(frame)
  })
  if (found === undefined) throw new Error('a recorded packet is not whole')
  return found
}

const sameHeader = (a: Frame) => (b: Frame) =>
  a.program === b.program &&
  a.procedure === b.procedure &&
  a.serial === b.serial &&
  (a.type === FrameType.message) === (b.type === FrameType.message)

/**
 * Plays a recording.
 * @param folders texts in the recording and what stands for them here, of the same length
 * @returns what differed, and how many packets were compared
 */
export async function replay(
  file: string,
  sockets: { socket: string; readOnlySocket: string },
  folders: ReadonlyMap<string, string>,
  bystander: Bystander,
): Promise<{ differences: Difference[]; compared: number }> {
  const lines = readFileSync(file, 'utf8').split('\n')
  const head = JSON.parse(lines[0] as string) as { socket: string }
  const path = head.socket.endsWith('-ro') ? sockets.readOnlySocket : sockets.socket
  const comparison = new Comparison(true)
  const open = new Map<number, WireSocket>()
  const differences: Difference[] = []
  let compared = 0
  let alone = true
  const here = (hex: string): Buffer => {
    let moved = hex
    for (const [was, is] of folders) moved = moved.replaceAll(hexOf(was), hexOf(is))
    return Buffer.from(moved, 'hex')
  }
  for (const line of lines.slice(1)) {
    if (line === '') continue
    const { seq, conn, dir, event, hex, malformed } = JSON.parse(line) as Line
    if (event === 'connect') open.set(conn, await WireSocket.open(path))
    const socket = open.get(conn)
    if (dir === undefined || hex === undefined || socket === undefined) continue
    const bytes = here(hex)
    if (dir === 'c2s') {
      socket.send(malformed ? bytes : comparison.renamed(bytes))
      continue
    }
    const frame = frameOf(bytes)
    // The daemon's own pings come by the clock.
    if (frame.program === Program.keepalive && frame.procedure === 1) continue
    if (frame.type === FrameType.message && frame.program !== Program.keepalive && alone) {
      alone = false
      await bystander()
    }
    compared++
    const answer = await socket.take(sameHeader(frame))
    if (answer?.bytes.equals(bytes)) continue
    const expected = readPacket(frame)
    const name = expected.of?.name ?? `${frame.program}:${frame.procedure}`
    const got = answer === undefined ? undefined : readPacket(answer.frame)
    if (got !== undefined && comparison.alike(expected, got)) continue
    differences.push({
      seq,
      packet: `${name} ${frame.type}/${frame.status}`,
      expected: `${expected.type}/${expected.status} ${text(plain(expected.body))}`,
      got: got === undefined ? 'nothing' : `${got.type}/${got.status} ${text(plain(got.body))}`,
    })
  }
  for (const [conn, socket] of open) {
    for (const { frame } of socket.left)
      differences.push({
        seq: -1 - conn,
        packet: `${readPacket(frame).of?.name}`,
        expected: 'nothing',
        got: text(plain(readPacket(frame).body)),
      })
    socket.close()
  }
  return { differences, compared }
}
