// SPDX-License-Identifier: LGPL-2.1-or-later
// The way from one QEMU to another: the daemon connects and hands the socket on, or QEMU connects by itself.
import { createConnection, type NetConnectOpts, type Socket } from 'node:net'
import { ErrorDomain, ErrorNumber, systemFailure, unresolvedText, type VirtError, virtError } from '@virt/core'
import { fdOf } from '@virt/native'
import type { Monitor } from '../monitor/monitor.js'
import type { Target } from './target.js'

/** Name of a descriptor at QEMU. */
const passed = 'migrate'

/** Why nobody is reached there. */
function refused(target: Target, error: Error): VirtError {
  // Several addresses were tried: the last one's reason counts.
  const last: unknown = error instanceof AggregateError ? error.errors.at(-1) : error
  if (target.scheme === 'unix')
    return systemFailure(last, ErrorDomain.RPC, `Failed to connect socket to '${target.path}'`)
  const { host, port = 0 } = target
  const name = unresolvedText(last)
  if (name === undefined)
    return systemFailure(last, ErrorDomain.RPC, `unable to connect to server at '${host}:${port}'`)
  const text = `Unable to resolve address '${host}' service '${port}': ${name}`
  return virtError(ErrorNumber.SYSTEM_ERROR, ErrorDomain.RPC, text)
}

/** A socket that is connected, and that nobody has read from. */
async function connected(target: Target, signal: AbortSignal): Promise<Socket> {
  const where: NetConnectOpts =
    target.scheme === 'unix'
      ? { path: target.path }
      : // QEMU ends with small writes, while the guest stands still: none of them waits for an acknowledgement, which takes 40 ms.
        { host: target.host.replace(/^\[|\]$/g, ''), port: target.port ?? 0, noDelay: true }
  return await new Promise((resolve, reject) => {
    const socket = createConnection({ ...where, signal })
    // What the other end says is for QEMU.
    socket.pause()
    const failed = (error: Error): void => reject(refused(target, error))
    socket.once('error', failed)
    socket.once('connect', () => {
      socket.off('error', failed)
      socket.on('error', () => {})
      resolve(socket)
    })
  })
}

/**
 * Connects, and hands the socket to QEMU.
 * @returns the address to migrate to
 */
export async function passConnection(monitor: Monitor, target: Target, signal: AbortSignal): Promise<string> {
  const socket = await connected(target, signal)
  try {
    await monitor.command('getfd', { fdname: passed }, { fds: [fdOf(socket)] })
  } finally {
    // QEMU has a copy: ours is not needed, and must not end the connection.
    socket.destroy()
  }
  return `fd:${passed}`
}

/** Takes back what QEMU was handed for a migration that did not begin. */
export async function closePassed(monitor: Monitor): Promise<void> {
  await monitor.command('closefd', { fdname: passed }).catch(() => {})
}
