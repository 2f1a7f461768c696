// SPDX-License-Identifier: LGPL-2.1-or-later
// Where a daemon can be administrated: URIs of virt-admin.
import { join } from 'node:path'
import { ErrorDomain, ErrorNumber, parseUri, type VirtError, virtError } from '@virt/core'
import { here, type SocketChoice, type Surroundings } from './socket-paths.js'

/** Drivers with a daemon of their own, and what else libvirt has as a daemon. */
const daemons = new Set([
  'libvirtd',
  ...['bhyve', 'ch', 'interface', 'lock', 'log', 'lxc', 'network', 'nodedev', 'nwfilter', 'proxy'].map(daemonOf),
  ...['qemu', 'secret', 'storage', 'vbox', 'vz', 'xen'].map(daemonOf),
])
function daemonOf(name: string): string {
  return `virt${name}d`
}

/** The URI that is meant when none is given. `virAdmConnectOpen` */
export function defaultAdminUri({ uid, env }: Surroundings = here): string {
  return env.LIBVIRT_ADMIN_DEFAULT_URI ?? (uid === 0 ? 'libvirtd:///system' : 'libvirtd:///session')
}

/**
 * Sockets that a URI means: `libvirtd:///system`, `virtqemud:///session`, `libvirtd+unix:///system?socket=PATH`.
 * @throws VirtError `config-unsupported` for anything else
 */
export function adminSockets(text: string, place: Surroundings = here): SocketChoice {
  const uri = parseUri(text)
  if (uri.scheme === undefined) throw unsupported('No URI scheme specified')
  const daemon = uri.scheme.replace(/\+unix$/, '')
  if (!daemons.has(daemon)) throw unsupported(`Unsupported URI scheme '${uri.scheme}'`)
  let socket: string | undefined
  for (const [name, value] of uri.params) {
    if (name !== 'socket') throw unsupported(`Unknown URI parameter '${name}'`)
    socket = value
  }
  const places = (socket === undefined ? pathsOf(daemon, uri.path ?? '', place) : [socket]).map((path) => ({
    path,
    daemon,
  }))
  return { places, expected: places[0] as { path: string; daemon: string }, session: false }
}

function pathsOf(daemon: string, path: string, { uid, env }: Surroundings): string[] {
  if (path !== '/system' && path !== '/session') throw unsupported(`Invalid URI path '${path}', try '/system'`)
  const name = daemon === 'libvirtd' ? 'libvirt-admin-sock' : `${daemon}-admin-sock`
  const home = env.HOME ?? '/'
  const own = join(env.XDG_STATE_HOME ?? join(home, '.local/state'), 'virtd/run/libvirt')
  const folders =
    path === '/session'
      ? [join(env.XDG_RUNTIME_DIR ?? join(home, '.cache'), 'libvirt'), own]
      : ['/run/libvirt', '/var/lib/virtd/run/libvirt', ...(uid > 0 ? [own] : [])]
  return folders.map((folder) => join(folder, name))
}

const unsupported = (detail: string): VirtError => virtError(ErrorNumber.CONFIG_UNSUPPORTED, ErrorDomain.ADMIN, detail)
