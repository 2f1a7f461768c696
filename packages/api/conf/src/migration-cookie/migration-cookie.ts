// SPDX-License-Identifier: LGPL-2.1-or-later
import { ErrorDomain } from '@virt/core'
import type { Domain } from '../domain/types.gen.js'
import { type DocumentKind, documentKind } from '../runtime/document.js'
import { root } from './schema.js'
import type { CookieGraphics, MigrationCookie } from './types.gen.js'

/**
 * `<qemu-migration>`: what the two ends of a migration tell each other. The definition in it is of the next start, as
 * another host can take it.
 */
export const migrationCookie: DocumentKind<MigrationCookie> = documentKind<MigrationCookie>({
  root,
  domain: ErrorDomain.QEMU,
  modes: { inactive: true, secure: true, migratable: true },
})

/** Who the cookie is from. */
export interface CookieHost {
  name: string
  uuid: string
}

/** What the other end must understand. */
export type CookieDemand = 'lockstate' | 'persistent' | 'memory-hotplug' | 'cpu-hotplug'

/** Whether processors are there in an order that hosts which know nothing of their hotplug come to by themselves. */
function isInOrder({ vcpu, vcpus }: Domain): boolean {
  let [there, last] = [0, 0]
  for (const { id, enabled, order = 0 } of [...vcpus].sort((a, b) => a.id - b.id)) {
    if (!enabled || order < last || id !== there) break
    there++
    last = order
  }
  return vcpus.length === 0 || there === (vcpu?.current ?? vcpu?.count ?? 1)
}

/** What the other end must understand for a guest to arrive whole. */
export function cookieDemands(domain: Domain): CookieDemand[] {
  const demands: CookieDemand[] = []
  if ((domain.maxMemory?.value ?? 0n) > 0n) demands.push('memory-hotplug')
  if (!isInOrder(domain)) demands.push('cpu-hotplug')
  return demands
}

/** The display that clients are sent on to: only SPICE's can be, and only where they are connected by network. */
function graphicsOf({ devices }: Domain): CookieGraphics | undefined {
  for (const one of devices?.graphics ?? []) {
    if (one.type !== 'spice') continue
    const [listen] = one.listens
    if (listen?.type !== 'address' && listen?.type !== 'network') continue
    const [port, tlsPort] = [one.port ?? -1, one.tlsPort ?? -1]
    return { type: one.type, port, listen: listen.address ?? '127.0.0.1', tlsPort, certs: [] }
  }
  return undefined
}

/** What switches know a guest's interfaces by, for those of the other host; undefined where none of them does. */
export function cookieNetwork({ devices }: Domain): MigrationCookie['network'] {
  const interfaces = (devices?.interfaces ?? []).flatMap((net, index) => {
    const type = (net.actual ?? net).virtualport?.type
    return type === undefined ? [] : [{ index, vporttype: type }]
  })
  return interfaces.length === 0 ? undefined : { interfaces }
}

/** What both ends tell of a running guest, before anything is agreed. */
export function migrationCookieOf(
  domain: Domain,
  host: CookieHost,
  demands: readonly CookieDemand[] = cookieDemands(domain),
): MigrationCookie {
  const graphics = graphicsOf(domain)
  return {
    name: domain.name,
    uuid: domain.uuid ?? '',
    hostname: host.name,
    hostuuid: host.uuid,
    features: demands.map((name) => ({ name })),
    ...(graphics ? { graphics } : {}),
    capabilities: { caps: [] },
    blockDirtyBitmaps: [],
  }
}
