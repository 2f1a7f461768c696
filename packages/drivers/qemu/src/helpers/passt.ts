// SPDX-License-Identifier: LGPL-2.1-or-later
// Interfaces by passt: a program that speaks for the guest with sockets of the host.
import { mkdir, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Domain, Interface } from '@virt/conf'
import type { QemuState } from '../state.js'
import { findProgram } from './find.js'
import { adoptHelper, runHelper } from './program.js'

/** Interfaces that passt serves. */
export function passtInterfaces({ devices }: Domain): Interface[] {
  return (devices?.interfaces ?? []).filter(({ backend }) => backend?.type === 'passt')
}

type Range = Interface['portForwards'][number]['ranges'][number]

function rangeText({ start, end, to, exclude }: Range): string {
  const last = end === undefined || end === start ? '' : `-${end}`
  if (exclude === true) return `~${start}${last}`
  if (to === undefined) return `${start}${last}`
  const target = end === undefined || end === start ? `${to}` : `${to}-${to + end - (start ?? 0)}`
  return `${start}${last}:${target}`
}

/** Ports of the host that reach the guest: `ADDRESS%DEVICE/RANGES`. */
function forwardArgs({ proto, address, dev, ranges }: Interface['portForwards'][number]): string[] {
  const place = `${address ?? ''}${dev === undefined ? '' : `%${dev}`}`
  const list = ranges.length === 0 ? 'all' : ranges.map(rangeText).join(',')
  return [proto === 'tcp' ? '--tcp-ports' : '--udp-ports', place === '' ? list : `${place}/${list}`]
}

/** Its options. */
export function passtArgs(net: Interface, socket: string, pidFile: string): string[] {
  const device = net.type === 'user' || net.type === 'vhostuser' ? net.source?.dev : undefined
  const addresses = net.ips.flatMap(({ address, prefix, family }) => [
    '--address',
    address ?? '',
    ...(prefix === undefined || family === 'ipv6' ? [] : ['--netmask', String(prefix)]),
  ])
  return [
    '--one-off',
    '--socket',
    socket,
    '--pid',
    pidFile,
    ...(net.type === 'vhostuser' ? ['--vhost-user'] : []),
    ...(net.mac?.address === undefined ? [] : ['--mac-addr', net.mac.address]),
    ...(device === undefined ? [] : ['--interface', device]),
    ...(net.backend?.logFile === undefined ? [] : ['--log-file', net.backend.logFile]),
    ...addresses,
    ...net.portForwards.flatMap(forwardArgs),
  ]
}

/** Starts the program of an interface: it goes on by itself once its socket listens. @throws VirtError */
export async function startPasst(
  state: QemuState,
  document: Domain,
  lib: string,
  net: Interface,
  socket: string,
): Promise<void> {
  const pidFile = `${socket}.pid`
  await mkdir(dirname(socket), { recursive: true, mode: 0o755 })
  // It runs as the guest's process does, and makes its socket itself.
  await state.security.share(dirname(socket))
  await rm(socket, { force: true })
  const name = `${net.alias}-passt`
  await runHelper(state, document.name ?? '', {
    name,
    file: await findProgram('passt'),
    args: passtArgs(net, socket, pidFile),
    options: await state.security.process(document),
  })
  await adoptHelper(state, lib, name, Number((await readFile(pidFile, 'utf8')).trim()))
  await rm(pidFile, { force: true })
}

/** Where a passt listens. */
export function passtSocket({ paths }: QemuState, run: string, net: Interface): string {
  return join(paths.run, 'passt', `${run}-${net.alias}.socket`)
}
