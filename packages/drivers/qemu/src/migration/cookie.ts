// SPDX-License-Identifier: LGPL-2.1-or-later
// Cookies: what the two ends of a migration tell each other beside the guest's definition.
import { hostname } from 'node:os'
import {
  type CookieDemand,
  type CookieStatistics,
  type Cpu,
  cookieNetwork,
  type Domain,
  type MigrationCookie,
  migrationCookie,
  migrationCookieOf,
  qemuHooks,
} from '@virt/conf'
import { internalError } from '../errors.js'
import type { QemuState } from '../state.js'
import type { Bitmaps } from './bitmaps.js'
import type { MigrationData } from './data.js'
import type { Side } from './phases.js'
import { automatic, capabilities } from './tuning.js'
import { certificateSubject } from './viewers.js'

/** Parts of a cookie beyond what always is in it. */
export interface CookieParts {
  /** What this QEMU can do, and whose it is. */
  readonly capabilities?: { readonly own: ReadonlySet<string>; readonly side: Side } | undefined
  readonly cpu?: Cpu | undefined
  /** A definition to be kept over there. */
  readonly domain?: Domain | undefined
  readonly statistics?: CookieStatistics | undefined
  readonly nbd?: MigrationCookie['nbd']
  readonly bitmaps?: Bitmaps
  /** What the other end must understand. */
  readonly demands?: readonly CookieDemand[]
  readonly graphics?: boolean
  /** Ports of switches that the guest had. */
  readonly network?: boolean
  /** The guest's name at the source, where it is another. */
  readonly from?: string
}

/** Writes a cookie. It ends with a NUL, which is part of it on the wire. */
export async function writeCookie(state: QemuState, document: Domain, parts: CookieParts): Promise<Uint8Array> {
  const host = { name: hostname(), uuid: await state.hostUuid }
  const base = migrationCookieOf(document, host, parts.demands ?? [])
  const { capabilities: caps } = parts
  const cookie: MigrationCookie = {
    ...base,
    name: parts.from ?? base.name,
    graphics: parts.graphics === true ? await withSubject(state, base.graphics) : undefined,
    capabilities: caps && {
      caps: capabilities
        .filter((name) => caps.own.has(name))
        .map((name) => ({ name, auto: automatic[caps.side].includes(name) })),
    },
    domain: parts.domain,
    network: parts.network === true ? cookieNetwork(document) : undefined,
    cpu: parts.cpu,
    statistics: parts.statistics,
    nbd: parts.nbd,
    blockDirtyBitmaps: parts.bitmaps ?? [],
  }
  return Buffer.from(`${migrationCookie.print(cookie, { hooks: qemuHooks })}\0`)
}

/** A display with what its viewers need to trust this host. */
async function withSubject(
  state: QemuState,
  graphics: MigrationCookie['graphics'],
): Promise<MigrationCookie['graphics']> {
  const subject = graphics === undefined ? undefined : await certificateSubject(state)
  if (graphics === undefined || subject === undefined) return graphics
  return { ...graphics, certs: [{ info: 'subject', value: subject }] }
}

/** The call that a cookie comes to. */
export type CookieStep = 'prepare' | 'perform' | 'finish' | 'confirm'

/** What a cookie may demand, and of which call. */
const understood: Readonly<Record<string, readonly CookieStep[]>> = {
  graphics: ['perform'],
  lockstate: ['prepare'],
  persistent: ['finish'],
  network: ['finish'],
  nbd: ['prepare', 'perform', 'finish'],
  statistics: ['finish', 'confirm'],
  'memory-hotplug': ['prepare'],
  'cpu-hotplug': ['prepare'],
  cpu: ['prepare'],
  allowReboot: ['prepare'],
  capabilities: ['prepare', 'perform'],
  'block-dirty-bitmaps': ['prepare', 'perform'],
}

/** Disks of guests are locked by nobody here. */
const lockDriver = 'nop'

/**
 * Reads a cookie of the other end; undefined when there is none.
 * @param name the guest's at the source
 * @throws VirtError `internal-error` for one of another guest, of this host, or that asks for what nobody here understands
 */
export async function readCookie(
  state: QemuState,
  bytes: Uint8Array,
  { name, uuid }: { readonly name: string; readonly uuid: string },
  step: CookieStep,
): Promise<MigrationCookie | undefined> {
  if (bytes.length === 0) return undefined
  if (bytes.at(-1) !== 0) throw internalError('Migration cookie was not NULL terminated')
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length - 1).toString()
  const cookie = migrationCookie.parse(text, { hooks: qemuHooks })
  if (cookie.name !== name) throw internalError(`Incoming cookie data had unexpected name ${cookie.name} vs ${name}`)
  if (cookie.uuid !== uuid) throw internalError(`Incoming cookie data had unexpected UUID ${cookie.uuid} vs ${uuid}`)
  if (cookie.hostuuid === (await state.hostUuid))
    throw internalError(`Attempt to migrate guest to the same host ${cookie.hostuuid}`)
  for (const feature of cookie.features) {
    const steps = Object.hasOwn(understood, feature.name) ? understood[feature.name] : undefined
    if (steps === undefined) throw internalError(`Unknown migration cookie feature ${feature.name}`)
    if (!steps.includes(step)) throw internalError(`Unsupported migration cookie feature ${feature.name}`)
  }
  const driver = cookie.lockstate?.driver ?? lockDriver
  if (driver !== lockDriver)
    throw internalError(`Source host lock driver ${driver} different from target ${lockDriver}`)
  return cookie
}

/** What the other end's QEMU can do; undefined when it does not say. */
export function remoteCapabilities(cookie: MigrationCookie | undefined): ReadonlySet<string> | undefined {
  return cookie?.capabilities && new Set(cookie.capabilities.caps.map(({ name }) => name))
}

/** Figures for the other end; all times in them are by the source's clock. */
export function statisticsOf(data: MigrationData): CookieStatistics {
  const { vfio_data_transferred: _vfio, ...figures } = data.figures
  const { total, transferred } = data.mirrors
  const { stopped, sent } = data
  const at = (ms: number): bigint | undefined => (ms === 0 ? undefined : BigInt(ms))
  const leaves = data.side === 'source'
  return {
    started: BigInt(leaves ? data.started : data.sourceStarted),
    stopped: at(stopped),
    sent: at(sent),
    delta: data.delta,
    time_elapsed: data.elapsed ?? BigInt(Math.max(0, sent - data.started)),
    memory_bps: 0n,
    disk_bps: 0n,
    auto_converge_throttle: 0n,
    ...figures,
    ...(leaves && stopped > 0 ? { downtime: BigInt(Math.max(0, sent - stopped)) } : {}),
    disk_total: (figures.disk_total ?? 0n) + total,
    disk_processed: (figures.disk_processed ?? 0n) + transferred,
    disk_remaining: (figures.disk_remaining ?? 0n) + total - transferred,
  }
}
