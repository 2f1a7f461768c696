// SPDX-License-Identifier: LGPL-2.1-or-later
// Where daemons of this host listen: the socket a URI names, else libvirt's own places, else those of a virtd that was
// started with nothing said.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ErrorDomain, ErrorNumber, splitScheme, type Uri, virtError } from '@virt/core'
import { paramOf } from './way.js'

/** What socket paths depend on, beside the URI. */
export interface Surroundings {
  readonly uid: number
  readonly env: Readonly<Record<string, string | undefined>>
  exists(path: string): boolean
}
export const here: Surroundings = {
  uid: process.geteuid?.() ?? 0,
  env: process.env,
  exists: existsSync,
}

/** A socket that a URI may mean. */
export interface SocketPlace {
  readonly path: string
  /** The daemon that would listen there: `libvirtd`, `virtqemud` … */
  readonly daemon: string
}

/** Sockets that a URI may mean. */
export interface SocketChoice {
  /** All that are tried, in this order. */
  readonly places: readonly SocketPlace[]
  /** The one that an error speaks of when there is none of them. */
  readonly expected: SocketPlace
  /** Whether a daemon of the user's own serves it, which can be started when it is wanted. */
  readonly session: boolean
}

/**
 * Sockets that a URI may mean: with `mode=auto` the driver's own daemon if it is there, else the one daemon for all.
 * @throws VirtError `invalid-arg` for an unknown mode, or a host beside a unix socket
 */
export function socketChoice(uri: Uri, readOnly: boolean, place: Surroundings = here): SocketChoice {
  if (uri.server !== undefined)
    throw virtError(
      ErrorNumber.INVALID_ARG,
      ErrorDomain.REMOTE,
      `using unix socket and remote server '${uri.server}' is not supported.`,
    )
  const mode = paramOf(uri, 'mode') ?? 'auto'
  if (mode !== 'auto' && mode !== 'direct' && mode !== 'legacy')
    throw virtError(ErrorNumber.INVALID_ARG, ErrorDomain.REMOTE, `Unknown remote mode '${mode}'`, {
      details: 'mode is auto, direct or legacy',
    })
  const given = paramOf(uri, 'socket')
  if (given !== undefined) {
    const only = { path: given, daemon: 'libvirtd' }
    return { places: [only], expected: only, session: false }
  }
  const [driver] = splitScheme(uri)
  const unnamed = driver === 'remote' && uri.path === undefined
  const session = place.uid > 0 && (uri.path === '/session' || driver === 'test' || unnamed)
  const kinds = kindsOf(driver, mode)
  const suffix = readOnly && !session ? '-sock-ro' : '-sock'
  const places = foldersOf(session, place).flatMap((folder) =>
    kinds.map(({ daemon, stem }) => ({ path: join(folder, `${stem}${suffix}`), daemon })),
  )
  // Of libvirt's places it is the last that is spoken of: where one daemon serves everything.
  return { places, expected: places[kinds.length - 1] as SocketPlace, session }
}

/** Paths that a URI may mean, in the order in which they are tried. @throws VirtError as `socketChoice` */
export function socketPaths(uri: Uri, readOnly: boolean, place: Surroundings = here): string[] {
  return socketChoice(uri, readOnly, place).places.map(({ path }) => path)
}

function kindsOf(driver: string, mode: 'auto' | 'direct' | 'legacy'): { daemon: string; stem: string }[] {
  const legacy = { daemon: 'libvirtd', stem: 'libvirt' }
  if (driver === 'remote' || mode === 'legacy') return [legacy]
  const daemon = `virt${driver}d`
  const direct = { daemon, stem: daemon }
  return mode === 'direct' ? [direct] : [direct, legacy]
}

/** Folders of sockets: libvirt's, then that of a virtd without options. */
function foldersOf(session: boolean, { uid, env }: Surroundings): string[] {
  const home = env.HOME ?? '/'
  const own = join(env.XDG_STATE_HOME ?? join(home, '.local/state'), 'virtd/run/libvirt')
  if (session) return [join(env.XDG_RUNTIME_DIR ?? join(home, '.cache'), 'libvirt'), own]
  return ['/var/run/libvirt', '/var/lib/virtd/run/libvirt', ...(uid > 0 ? [own] : [])]
}
