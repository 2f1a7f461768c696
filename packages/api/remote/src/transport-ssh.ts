// SPDX-License-Identifier: LGPL-2.1-or-later
// SSH by the user's own `ssh`: with its settings, keys, agents, jump hosts.
import type { Uri } from '@virt/core'
import { proxyCommand } from './ssh-command.js'
import { commandWay } from './transport-ext.js'
import { flagOf, paramOf, type Way } from './way.js'

/** Arguments for `ssh`. @throws VirtError for parameters that cannot be */
export function sshArguments(uri: Uri, readOnly: boolean): string[] {
  const keyfile = paramOf(uri, 'keyfile')
  return [
    ...(uri.port === 0 ? [] : ['-p', String(uri.port)]),
    ...(uri.user === undefined ? [] : ['-l', uri.user]),
    ...(keyfile === undefined ? [] : ['-i', keyfile]),
    // The bytes are for nobody's terminal.
    ...['-T', '-e', 'none'],
    ...(flagOf(uri, 'no_tty') ? ['-o', 'BatchMode=yes'] : []),
    ...(flagOf(uri, 'no_verify') ? ['-o', 'StrictHostKeyChecking=no'] : []),
    // Nothing after this can be taken for an option, whatever a host is called.
    '--',
    uri.server ?? 'localhost',
    proxyCommand(uri, readOnly),
  ]
}

export async function ssh(uri: Uri, signal: AbortSignal, readOnly: boolean): Promise<Way> {
  const args = sshArguments(uri, readOnly)
  signal.throwIfAborted()
  return commandWay(paramOf(uri, 'command') ?? 'ssh', args)
}
