// SPDX-License-Identifier: LGPL-2.1-or-later
// Taps: the host's ends of a guest's interfaces. They are made for a start, and go with the guest's process.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Domain, Interface } from '@virt/conf'
import { ErrorDomain, ErrorNumber, errnoOf, isVirtError, systemFailure, virtError } from '@virt/core'
import type { LinkTable, Native, Tap } from '@virt/native'
import { configUnsupported, internalError } from '../errors.js'
import { isDirect } from './macvtaps.js'

const links = '/sys/class/net'

/** Interfaces that this driver has taps for by itself; networks and other hosts' links need more. */
function hasTap({ type }: Interface): boolean {
  return type === 'ethernet' || type === 'bridge'
}

const lastNumbers = { vnet: -1, macvtap: -1 }

/** A name that no link has. */
function freeName(kind: keyof typeof lastNumbers): string {
  for (;;) {
    const name = `${kind}${++lastNumbers[kind]}`
    if (!existsSync(join(links, name))) return name
  }
}

/** How the driver calls a link that it makes; undefined for interfaces that it makes none for. */
function kindOf(net: Interface): keyof typeof lastNumbers | undefined {
  if (isDirect(net)) return 'macvtap'
  return hasTap(net) ? 'vnet' : undefined
}

/** The document with the names of its links. */
export function withTapNames(document: Domain): Domain {
  const { devices } = document
  if (devices === undefined || !devices.interfaces.some(kindOf)) return document
  const interfaces = devices.interfaces.map((net) => {
    const kind = kindOf(net)
    return kind === undefined || net.target?.dev !== undefined
      ? net
      : { ...net, target: { ...net.target, dev: freeName(kind) } }
  })
  return { ...document, devices: { ...devices, interfaces } }
}

/** The host's end has an address of its own, which bridges never take for theirs. */
function ownAddress(mac: string | undefined): { readonly mac?: string } {
  if (mac === undefined) return {}
  return { mac: `${/^fe/i.test(mac) ? 'fa' : 'fe'}${mac.slice(2)}` }
}

/** Puts a new tap where it belongs. */
async function plug(table: LinkTable, net: Interface, name: string): Promise<void> {
  const bridge = net.type === 'bridge' ? net.source?.bridge : undefined
  const port = bridge === undefined ? undefined : await table.find(bridge)
  if (bridge !== undefined && port === undefined)
    throw systemFailure({ code: 'ENODEV' }, ErrorDomain.NONE, `Cannot get interface MTU on '${bridge}'`)
  const mtu = net.mtu ?? port?.mtu
  await table.set(name, { ...ownAddress(net.mac?.address), ...(mtu === undefined ? {} : { mtu }) })
  if (bridge !== undefined) await table.set(name, { master: bridge })
  await table.set(name, { up: true })
}

/** Runs the administrator's script for a link. @throws VirtError */
async function runScript(native: Native, script: string, name: string): Promise<void> {
  const env = { PATH: process.env.PATH ?? '/usr/sbin:/usr/bin:/sbin:/bin' }
  using child = await native.processes.spawn({ file: script, args: [name], env }).catch((cause: unknown) => {
    throw internalError(`cannot run ${script}: ${errnoOf(cause).text}`, { cause })
  })
  const { code } = await child.wait()
  if (code !== 0) throw internalError(`Child process (${script} ${name}) unexpected exit status ${code}`)
}

/**
 * Opens one queue of an interface's tap.
 * @param index which queue; with the first the link is set up
 * @throws VirtError
 */
export async function openTap(native: Native, domain: Domain, alias: string, index: number): Promise<Tap> {
  const net = domain.devices?.interfaces.find((one) => one.alias === alias)
  const name = net?.target?.dev
  if (net === undefined || !hasTap(net) || name === undefined)
    throw configUnsupported(`the driver cannot give a guest an interface of type '${net?.type}' yet (${alias})`)
  const given = net.target?.managed === false
  if (given && !existsSync(join(links, name)))
    throw configUnsupported("target managed='no' but specified dev doesn't exist")
  if (net.type === 'ethernet' && !given && index === 0 && existsSync(join(links, name)))
    throw virtError(ErrorNumber.OPERATION_INVALID, ErrorDomain.NONE, `The ${name} interface already exists`)
  const table = await native.links.open()
  let tap: Tap | undefined
  try {
    tap = await table.openTap({
      name,
      vnetHeader: net.model?.startsWith('virtio') === true,
      multiQueue: (net.driver?.queues ?? 1) > 1,
    })
    if (index === 0 && !given) await plug(table, net, name)
    if (index === 0 && net.type === 'ethernet' && net.script !== undefined) await runScript(native, net.script, name)
    return tap
  } catch (error) {
    tap?.close()
    if (isVirtError(error) || (error as NodeJS.ErrnoException).code === undefined) throw error
    throw systemFailure(error, ErrorDomain.NONE, `Unable to create tap device ${name}`)
  } finally {
    table.close()
  }
}
