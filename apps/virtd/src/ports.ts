// SPDX-License-Identifier: GPL-2.0-or-later
// The daemon's ports, for clients of other hosts.
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer, isIPv6, type Server as NetServer, type Socket } from 'node:net'
import { ErrorDomain, ErrorNumber, virtError } from '@virt/core'
import type { Listener } from './sockets.js'
import { fileError } from './system-text.js'

/** Where to listen. */
export interface PortPlace {
  /** A name or an address; absent: every address of this host. */
  readonly host: string | undefined
  /** A number, or a name of /etc/services. */
  readonly service: string
  /** The setting that says so, for errors. */
  readonly key: string
  readonly backlog: number
  /** A socket that listens already, and was handed to us. */
  readonly fd?: number
}

/** Opens a port; sockets are handed over unread. @throws VirtError naming address and setting */
export async function openPort(place: PortPlace, accept: (socket: Socket) => void): Promise<Listener> {
  const { host, service, backlog, fd } = place
  const net = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, accept)
  const where = fd === undefined ? { host, port: portOf(place), backlog } : { fd, backlog }
  await listening(net, where, `Unable to bind to port: ${host ?? '*'}:${service}`)
  const { address, port } = net.address() as AddressInfo
  return {
    path: isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`,
    close: () => new Promise((resolve) => net.close(() => resolve())),
  }
}

/** Resolves when it listens. @throws VirtError that begins with `what` */
export function listening(net: NetServer, where: object, what: string): Promise<void> {
  return new Promise((resolve, reject) => {
    net.once('error', (error) => reject(fileError(what, error)))
    net.listen(where, resolve)
  })
}

function portOf({ service, key }: PortPlace): number {
  const port = /^\d+$/.test(service) ? Number(service) : named(service)
  if (port === undefined || port > 0xffff)
    throw virtError(ErrorNumber.CONFIG_UNSUPPORTED, ErrorDomain.CONF, `${key} = ${service}`, {
      details: 'it is a number up to 65535, or a name of /etc/services',
    })
  return port
}

function named(service: string): number | undefined {
  try {
    for (const line of readFileSync('/etc/services', 'utf8').split('\n')) {
      const [name, port, ...others] = (line.split('#')[0] as string).trim().split(/\s+/)
      if (port?.endsWith('/tcp') && (name === service || others.includes(service))) return Number.parseInt(port, 10)
    }
  } catch {
    // A system without names of services.
  }
  return undefined
}

/** What connections are counted by: an address; those of one IPv6 network are one. */
export function sourceOf({ remoteAddress = 'nowhere' }: Socket): string {
  const mapped = /^::ffff:([\d.]+)$/.exec(remoteAddress)?.[1]
  if (mapped !== undefined) return mapped
  if (!isIPv6(remoteAddress)) return remoteAddress
  const [head = '', tail] = remoteAddress.split('::')
  const groups = head.split(':').filter((group) => group !== '')
  const after = tail?.split(':').filter((group) => group !== '') ?? []
  const whole =
    tail === undefined ? groups : [...groups, ...Array(8 - groups.length - after.length).fill('0'), ...after]
  return `${whole.slice(0, 4).join(':')}::/64`
}
