// SPDX-License-Identifier: LGPL-2.1-or-later
// The environment of a guest's process: little of ours, folders of its own, and what sound and displays are told by.
import type { Domain } from '@virt/conf'
import type { Build, CommandHost, CommandSettings } from './build.js'

type Variables = [name: string, value: string][]

/** Sound servers that are chosen by a variable. */
function soundVariables({ devices }: Domain, own: CommandHost['environment']): Variables {
  return (devices?.audios ?? []).flatMap((audio): Variables => {
    if (audio.type === 'sdl' && audio.driver !== undefined) return [['SDL_AUDIODRIVER', audio.driver]]
    if (audio.type !== 'pipewire') return []
    const folder = audio.runtimeDir ?? own.PIPEWIRE_RUNTIME_DIR ?? own.XDG_RUNTIME_DIR
    return folder === undefined ? [] : [['PIPEWIRE_RUNTIME_DIR', folder]]
  })
}

/** Whom a window is shown to, and where settings of logins are. */
function displayVariables({ devices }: Domain, settings: CommandSettings): Variables {
  return (devices?.graphics ?? []).flatMap((graphics): Variables => {
    if (graphics.type === 'sdl')
      return [
        ...(graphics.xauth === undefined ? [] : [['XAUTHORITY', graphics.xauth] as [string, string]]),
        ...(graphics.display === undefined ? [] : [['DISPLAY', graphics.display] as [string, string]]),
      ]
    const folder =
      graphics.type === 'vnc' && settings.vncSasl
        ? settings.vncSaslDir
        : graphics.type === 'spice' && settings.spiceSasl
          ? settings.spiceSaslDir
          : undefined
    return folder === undefined ? [] : [['SASL_CONF_PATH', folder]]
  })
}

/** What QEMU's environment has. */
export function environment({ context, domain }: Build): [string, string][] {
  const { environment: own } = context.host
  const { lib } = context.paths
  const kept = ['PATH', 'LD_PRELOAD', 'LD_LIBRARY_PATH'].flatMap((name): [string, string][] => {
    const value = own[name]
    return value === undefined ? [] : [[name, value]]
  })
  const users = ['USER', 'LOGNAME', 'TMPDIR'].flatMap((name): [string, string][] => {
    const value = own[name]
    return value === undefined ? [] : [[name, value]]
  })
  const env: [string, string][] = [
    ['LC_ALL', 'C'],
    ...kept,
    ['HOME', lib],
    ...users,
    ['XDG_DATA_HOME', `${lib}/.local/share`],
    ['XDG_CACHE_HOME', `${lib}/.cache`],
    ['XDG_CONFIG_HOME', `${lib}/.config`],
    ...(domain.clock?.offset === 'timezone' ? [['TZ', domain.clock.timezone] as [string, string]] : []),
    ...soundVariables(domain, own),
    ...displayVariables(domain, context.settings),
  ]
  const extra = domain.namespaces?.qemu as
    | { commandline?: { envs?: readonly { name?: string; value?: string }[] } }
    | undefined
  for (const { name, value } of extra?.commandline?.envs ?? []) if (name !== undefined) env.push([name, value ?? ''])
  return env
}
