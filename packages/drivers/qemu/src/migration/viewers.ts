// SPDX-License-Identifier: LGPL-2.1-or-later
// Viewers of a guest's screen follow it: QEMU tells SPICE clients where the guest goes, and ends with it only when they are there.
import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { MigrationCookie } from '@virt/conf'
import { parseUri } from '@virt/core'
import type { QemuDomain } from '../domain/record.js'
import { internalError, invalidArg } from '../errors.js'
import { requireRun } from '../jobs/wait.js'
import type { Run } from '../process/run.js'
import type { QemuState } from '../state.js'
import type { MigrationData } from './data.js'
import type { Migration, Way } from './leaving.js'

/** Where viewers are sent. */
export interface Screen {
  readonly hostname: string
  readonly port: number
  readonly tlsPort: number
  readonly subject: string | undefined
}

/** Milliseconds that viewers get to go over. */
const patience = 30_000

/** Displays that a URI can be of. */
const kinds: ReadonlySet<string> = new Set(['sdl', 'vnc', 'rdp', 'desktop', 'spice', 'egl-headless', 'dbus'])
const wildcards: ReadonlySet<string> = new Set(['0.0.0.0', '::'])

function portOf(text: string | undefined): number {
  if (text === undefined) return 0
  if (!/^\d+$/.test(text)) throw invalidArg(`invalid tlsPort number: ${text}`)
  return Number(text)
}

/**
 * Where viewers are sent.
 * @param uri where the caller wants them
 * @returns undefined when there is nothing that they could be sent to
 * @throws VirtError `invalid-arg` for a URI of no display
 */
export function screenOf(cookie: MigrationCookie | undefined, uri: string | undefined): Screen | undefined {
  if (cookie === undefined) return undefined
  const told = cookie.graphics
  let [type, hostname, port, tlsPort] = [told?.type, told?.listen, told?.port ?? 0, told?.tlsPort ?? 0]
  let subject = told?.certs.find(({ info }) => info === 'subject')?.value
  if (uri !== undefined) {
    const parsed = parseUri(uri)
    if (parsed.scheme === undefined || !kinds.has(parsed.scheme))
      throw invalidArg(`unknown graphics type ${parsed.scheme ?? ''}`)
    const params = new Map(parsed.params.map(([name, value]) => [name.toLowerCase(), value]))
    type = parsed.scheme
    hostname = parsed.server ?? hostname
    port = parsed.port
    tlsPort = portOf(params.get('tlsport'))
    subject = params.get('tlssubject')
  }
  // parity: VNC has no way to send its clients anywhere.
  if (type !== 'spice' || hostname === undefined || (port <= 0 && tlsPort <= 0)) return undefined
  return { hostname: wildcards.has(hostname) ? cookie.hostname : hostname, port, tlsPort, subject }
}

/** Whom viewers have to find at the other end: the subject of this host's certificate. @throws VirtError when there is none to be read */
export async function certificateSubject({ settings }: QemuState): Promise<string | undefined> {
  if (!settings.spice_tls) return undefined
  const path = join(settings.spice_tls_x509_cert_dir, 'server-cert.pem')
  try {
    return new X509Certificate(await readFile(path)).subject.split('\n').join(',')
  } catch (error) {
    throw internalError(`cannot load cert data from ${path}: ${(error as Error).message}`)
  }
}

/** Tells QEMU where its viewers are to go. Where they cannot follow the guest goes without them. */
export async function sendViewers({ state, domain, run, data, request }: Migration, { cookie }: Way): Promise<void> {
  try {
    const screen = screenOf(cookie, request.text('graphics_uri'))
    if (screen === undefined) return
    const { hostname, port, tlsPort, subject } = screen
    await run.monitor.command('client_migrate_info', {
      protocol: 'spice',
      hostname,
      port,
      'tls-port': tlsPort,
      ...(subject === undefined ? {} : { 'cert-subject': subject }),
    })
    data.viewers = 'sent'
  } catch (error) {
    state.services.log.warn(`${domain.name}: its viewers do not follow: ${(error as Error).message}`)
  }
}

/**
 * Waits until viewers have gone over.
 * differs: libvirt waits as long as they take.
 */
export async function viewersGone(state: QemuState, domain: QemuDomain, run: Run, data: MigrationData): Promise<void> {
  if (data.viewers === undefined) return
  try {
    await domain.jobs.until(
      () => {
        requireRun(domain, run)
        return data.viewers === 'gone'
      },
      { deadline: patience },
    )
  } catch (error) {
    state.services.log.warn(`${domain.name}: its viewers stay behind: ${(error as Error).message}`)
  }
}
