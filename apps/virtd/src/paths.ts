// SPDX-License-Identifier: GPL-2.0-or-later
// Where everything of one daemon lies, in libvirt's own layout.
import { join } from 'node:path'
import { type Dirs, dirsBelow } from '@virt/core'

/** What decides on the layout. */
export interface Place {
  readonly root: string | undefined
  readonly session: boolean
}

/** Folders of a daemon. `--root` has everything below it; without it, root and users each have a folder of their own. */
export function dirsOf(
  place: Place,
  env: NodeJS.ProcessEnv = process.env,
  uid: number = process.getuid?.() ?? 0,
): Dirs {
  if (place.session) {
    const home = env.HOME ?? '/'
    const run = env.XDG_RUNTIME_DIR ?? join(home, '.cache')
    return {
      config: join(env.XDG_CONFIG_HOME ?? join(home, '.config'), 'libvirt'),
      state: join(env.XDG_DATA_HOME ?? join(home, '.local/share'), 'libvirt'),
      cache: join(env.XDG_CACHE_HOME ?? join(home, '.cache'), 'libvirt'),
      log: join(env.XDG_CACHE_HOME ?? join(home, '.cache'), 'libvirt/log'),
      run: join(run, 'libvirt'),
    }
  }
  if (place.root !== undefined) return dirsBelow(place.root)
  return dirsBelow(
    uid === 0 ? '/var/lib/virtd' : join(env.XDG_STATE_HOME ?? join(env.HOME ?? '/', '.local/state'), 'virtd'),
  )
}
