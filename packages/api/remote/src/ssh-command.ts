// SPDX-License-Identifier: LGPL-2.1-or-later
// What is run on the host that SSH leads to, so that its standard input and output are a daemon's socket.
import { ErrorDomain, ErrorNumber, remoteName, type Uri, virtError } from '@virt/core'
import { paramOf } from './way.js'

const invalid = (text: string): Error => virtError(ErrorNumber.INVALID_ARG, ErrorDomain.REMOTE, text)

/** A word that any POSIX shell takes as it is. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

/** Programs that can do it: the helper that comes with the daemon, any netcat, or the first if it is there. */
type Proxy = 'auto' | 'native' | 'netcat'

function proxyOf(uri: Uri): Proxy {
  const proxy = paramOf(uri, 'proxy') ?? 'auto'
  const netcat = paramOf(uri, 'netcat')
  if (proxy !== 'auto' && proxy !== 'native' && proxy !== 'netcat') throw invalid(`Unknown proxy type '${proxy}'`)
  if (proxy === 'native' && netcat !== undefined) throw invalid('netcat path not valid with native proxy mode')
  // Neither means anything to the helper, which finds the socket by itself.
  if (proxy === 'auto' && (netcat !== undefined || paramOf(uri, 'socket') !== undefined)) return 'netcat'
  return proxy
}

/**
 * The command for the other host's shell.
 * @throws VirtError `invalid-arg` for an unknown `proxy`, `operation-unsupported` for `mode=direct`
 */
export function proxyCommand(uri: Uri, readOnly: boolean, transport = 'ssh'): string {
  const mode = paramOf(uri, 'mode') ?? 'auto'
  if (mode !== 'auto' && mode !== 'legacy' && mode !== 'direct') throw invalid(`Unknown remote mode '${mode}'`)
  if (mode === 'direct')
    throw virtError(
      ErrorNumber.OPERATION_UNSUPPORTED,
      ErrorDomain.REMOTE,
      `Cannot use direct socket mode for ${transport} transport`,
    )
  const proxy = proxyOf(uri)
  const native = `virt-ssh-helper ${readOnly ? '-r ' : ''}${shellWord(remoteName(uri))}`
  if (proxy === 'native') return posix(`exec ${native}`)
  // Which sockets there are on the other host only that host knows; this one is where all daemons are reached.
  const socket = shellWord(paramOf(uri, 'socket') ?? `/var/run/libvirt/libvirt-sock${readOnly ? '-ro' : ''}`)
  const netcat = shellWord(paramOf(uri, 'netcat') ?? 'nc')
  // Some netcats end with their input only when told so, others do not know how to be told.
  const any = `if ${netcat} -q 2>&1 | grep 'requires an argument' >/dev/null; then exec ${netcat} -q0 -U ${socket}; else exec ${netcat} -U ${socket}; fi`
  return posix(
    proxy === 'netcat' ? any : `if command -v virt-ssh-helper >/dev/null 2>&1; then exec ${native}; fi; ${any}`,
  )
}

/** Users may have any shell; this part is for a POSIX one. */
const posix = (script: string): string => `sh -c ${shellWord(script)}`
