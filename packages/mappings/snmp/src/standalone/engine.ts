// SPDX-License-Identifier: LGPL-2.1-or-later
// Who this engine is and how often it has started: kept on disk, for replays are told by it.
import { randomBytes } from 'node:crypto'
import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Clock } from '@virt/core'

/** Most starts that can be counted; after them the engine needs a new id. */
const lastBoot = 0x7fffffff

/** The identity of an SNMP engine. */
export class Engine {
  readonly id: Buffer
  readonly boots: number
  readonly #clock: Clock
  readonly #began: number

  constructor(id: Buffer, boots: number, clock: Clock) {
    this.id = id
    this.boots = boots
    this.#clock = clock
    this.#began = clock.now()
  }

  /** Seconds since the start. */
  get time(): number {
    return Math.max(0, Math.floor((this.#clock.now() - this.#began) / 1000))
  }

  /** Whether a message of these boots and this time is of now: RFC 3414, 3.2, step 7. */
  isTimely(boots: number, time: number): boolean {
    return boots === this.boots && boots !== lastBoot && Math.abs(time - this.time) <= 150
  }
}

/**
 * Starts the engine that is kept in a file, or a new one: counts the start before anything is answered.
 * @throws Error when the file cannot be read or written, or is none of ours
 */
export async function startEngine(path: string, clock: Clock): Promise<Engine> {
  const before = await readState(path)
  const fresh = before === undefined || before.boots >= lastBoot
  const id = fresh ? newEngineId() : before.id
  const boots = fresh ? 1 : before.boots + 1
  await writeState(path, { engineId: id.toString('hex'), boots })
  return new Engine(id, boots, clock)
}

async function readState(path: string): Promise<{ id: Buffer; boots: number } | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  try {
    const { engineId, boots } = JSON.parse(text) as { engineId: unknown; boots: unknown }
    if (typeof engineId === 'string' && /^(?:[0-9a-f]{2}){5,32}$/.test(engineId) && Number.isInteger(boots))
      return { id: Buffer.from(engineId, 'hex'), boots: boots as number }
  } catch {
    // Said below.
  }
  throw new Error(`${path} does not hold the state of an SNMP engine: move it away to begin with a new engine`)
}

async function writeState(path: string, state: object): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const next = join(dirname(path), `.${process.pid}.${randomBytes(4).toString('hex')}`)
  const file = await open(next, 'wx', 0o600)
  try {
    await file.writeFile(`${JSON.stringify(state)}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(next, path)
  const folder = await open(dirname(path))
  await folder.sync().finally(() => folder.close())
}

/** An id of the form that RFC 3411 gives to octets of one's own choice, under net-snmp's enterprise. */
function newEngineId(): Buffer {
  return Buffer.concat([Buffer.from([0x80, 0, 0x1f, 0x88, 0x05]), randomBytes(12)])
}
