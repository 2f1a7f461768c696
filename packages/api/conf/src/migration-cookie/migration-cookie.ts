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
export type CookieDemand = 'memory-hotplug' | 'cpu-hotplug'

/** What the other end must understand for a guest to arrive whole. */
export function cookieDemands(domain: Domain): CookieDemand[] {
  const demands: CookieDemand[] = []
  if ((domain.maxMemory?.value ?? 0n) > 0n) demands.push('memory-hotplug')
  if (domain.vcpus.length > 0) demands.push('cpu-hotplug')
  return demands
}

/** The display that clients are sent on to; those that nobody is connected to by network are none. */
function graphicsOf({ devices }: Domain): CookieGraphics | undefined {
  for (const one of devices?.graphics ?? []) {
    if (one.type !== 'spice' && one.type !== 'vnc') continue
    const [listen] = one.listens
    if (listen?.type !== 'address' && listen?.type !== 'network') continue
    const tls = one.type === 'spice' ? { tlsPort: one.tlsPort ?? -1 } : {}
    return { type: one.type, port: one.port ?? -1, listen: listen.address ?? '127.0.0.1', ...tls, certs: [] }
  }
  return undefined
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
