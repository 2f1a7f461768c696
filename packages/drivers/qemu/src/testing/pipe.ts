// SPDX-License-Identifier: LGPL-2.1-or-later
// A transport whose other end is in the same process.
import type { Transport } from '../monitor/transport.js'

/** The other end of a transport: what a test plays QEMU or the guest with. */
export interface FarEnd {
  /** Called with each line that the near end sends, and the descriptors that came along. */
  onLine: (line: string, fds: readonly number[]) => void
  /** Sends bytes as they are. */
  write(bytes: string | Uint8Array): void
  /** Ends the connection. */
  end(): void
  /** Breaks it. */
  fail(error: Error): void
  /** Whether the near end has closed it. */
  readonly closed: boolean
}

/** Two ends of one connection. */
export function pipe(): { near: Transport; far: FarEnd } {
  const chunks: (Uint8Array | undefined | Error)[] = []
  let wake: (() => void) | undefined
  let rest = ''
  let closed = false
  const add = (chunk: Uint8Array | undefined | Error): void => {
    chunks.push(chunk)
    wake?.()
  }
  const far: FarEnd = {
    onLine: () => {},
    write: (bytes) => add(typeof bytes === 'string' ? Buffer.from(bytes) : bytes),
    end: () => add(undefined),
    fail: add,
    get closed() {
      return closed
    },
  }
  const near: Transport = {
    async send(bytes, fds = []) {
      if (closed) throw new Error('the connection is closed')
      const lines = (rest + bytes).split('\n')
      rest = lines.pop() ?? ''
      // The other side runs on its own time.
      await Promise.resolve()
      for (const line of lines) far.onLine(line.trimEnd(), fds)
    },
    async receive() {
      while (chunks.length === 0) {
        if (closed) throw new Error('the connection is closed')
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      const chunk = chunks.shift()
      if (chunk instanceof Error) throw chunk
      return chunk
    },
    close() {
      closed = true
      wake?.()
    },
  }
  return { near, far }
}
