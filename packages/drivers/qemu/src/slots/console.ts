// SPDX-License-Identifier: LGPL-2.1-or-later
// The guest's consoles and channels as streams.
import type { Domain } from '@virt/conf'
import {
  type ByteStream,
  ErrorDomain,
  type Resolvers,
  type SlotMethods,
  type SlotTable,
  systemFailure,
} from '@virt/core'
import type { Native } from '@virt/native'
import { requireActive } from '@virt/stateful'
import type { QemuDomain } from '../domain/record.js'
import { internalError, operationFailed } from '../errors.js'
import type { QemuState } from '../state.js'

const Flag = { force: 1, safe: 2 } as const

export const consoleSupport: SlotTable = {
  domainOpenConsole: { flags: Flag.force | Flag.safe, fn: 'qemuDomainOpenConsole' },
  domainOpenChannel: { flags: Flag.force, fn: 'qemuDomainOpenChannel' },
}

/** The two ways to bytes that devices have. */
interface Line {
  read(max: number): Promise<Uint8Array | undefined>
  write(bytes: Uint8Array): Promise<void>
  close(): void
}

function openLine(native: Native, type: string | undefined, path: string): Line {
  if (type === 'unix') {
    const socket = native.sockets.open({ type: 'stream', connect: path })
    return {
      read: async (size) => (await socket.receive({ size }))?.bytes,
      write: (bytes) => socket.send(bytes),
      close: () => socket.close(),
    }
  }
  const line = native.terminals.attach(path)
  return { read: (size) => line.read(size), write: (bytes) => line.write(bytes), close: () => line.close() }
}

/** Most that is read at once. */
const most = 64 * 1024

/** A line as a stream. It ends with the guest, with either side's wish, or when somebody else takes the console. */
class LineStream implements ByteStream {
  readonly #line: Line
  readonly #ended: () => void
  #over = false
  #failure: unknown

  constructor(line: Line, ended: () => void) {
    this.#line = line
    this.#ended = ended
  }

  async read(max: number): Promise<Uint8Array> {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#over) return new Uint8Array()
    try {
      return (await this.#line.read(Math.min(max, most))) ?? new Uint8Array()
    } catch (error) {
      if (this.#failure !== undefined) throw this.#failure
      if (this.#over) return new Uint8Array()
      throw error
    }
  }

  async write(chunk: Uint8Array): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    await this.#line.write(chunk)
  }

  finish(): void {
    this.#end()
  }

  abort(reason?: unknown): void {
    this.#failure ??= reason
    this.#end()
  }

  #end(): void {
    if (this.#over) return
    this.#over = true
    this.#line.close()
    this.#ended()
  }
}

interface Device {
  readonly type?: string | undefined
  readonly alias?: string | undefined
  readonly sources: readonly { readonly path?: string | undefined }[]
}

/** The device of a console: the named one, else the first console, serial or parallel port. */
function consoleOf({ devices }: Domain, name: string | undefined): Device {
  const lists = [devices?.consoles, devices?.serials, devices?.parallels] as readonly (readonly Device[] | undefined)[]
  const all = lists.flatMap((list) => list ?? [])
  const found =
    name === undefined
      ? (devices?.consoles[0] ?? devices?.serials[0] ?? devices?.parallels[0])
      : all.find((one) => one.alias === name)
  if (found === undefined) throw internalError(`cannot find character device ${name ?? '<null>'}`)
  return found as Device
}

function channelOf({ devices }: Domain, name: string | undefined): Device {
  const channels = devices?.channels ?? []
  const named = (one: (typeof channels)[number]): string | undefined =>
    one.target?.type === 'virtio' ? one.target.name : undefined
  const found = channels.find((one) =>
    name === undefined ? named(one) !== undefined : named(one) === name || one.alias === name,
  )
  if (found === undefined) throw internalError(`cannot find channel ${name ?? '<null>'}`)
  return found as Device
}

export function consoleSlots(state: QemuState): SlotMethods & Resolvers {
  /** Who has a console open, by its path. */
  const open = new Map<string, LineStream>()

  const stream = (
    domain: QemuDomain,
    device: Device,
    what: 'console' | 'channel',
    name: string | undefined,
    flags: number,
  ): ByteStream => {
    const path = device.sources[0]?.path
    const wayIn = what === 'channel' ? device.type === 'unix' : device.type === 'pty' || device.type === 'unix'
    if (!wayIn || path === undefined) {
      const [label, kind] =
        what === 'channel'
          ? [`channel ${name ?? '<null>'}`, 'UNIX socket']
          : [`character device ${name ?? '<null>'}`, 'PTY or UNIX socket']
      throw internalError(`${label} is not using a ${kind}`)
    }
    const before = open.get(path)
    if (before !== undefined) {
      if (!(flags & Flag.force))
        throw operationFailed(`Active ${what} ${what === 'channel' ? 'stream' : 'session'} exists for this domain`)
      before.abort(operationFailed(`the ${what} was taken by somebody else`))
    }
    let line: Line
    try {
      line = openLine(state.native, device.type, path)
    } catch (cause) {
      throw systemFailure(cause, ErrorDomain.QEMU, `unable to open ${what} '${path}'`)
    }
    const made = new LineStream(line, () => {
      if (open.get(path) === made) open.delete(path)
    })
    open.set(path, made)
    void domain.run?.gone.then(() => made.finish())
    return made
  }

  return {
    domainOpenConsole(_call, domain: QemuDomain, name, flags) {
      requireActive(domain)
      return stream(domain, consoleOf(domain.def, name), 'console', name, flags)
    },
    domainOpenChannel(_call, domain: QemuDomain, name, flags) {
      requireActive(domain)
      return stream(domain, channelOf(domain.def, name), 'channel', name, flags)
    },
  }
}
