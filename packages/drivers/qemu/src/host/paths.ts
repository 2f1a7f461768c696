// SPDX-License-Identifier: LGPL-2.1-or-later
// Where the driver's files lie, in libvirt's own layout.
import { join } from 'node:path'
import type { Dirs } from '@virt/core'

/** Which of the host's QEMU drivers this is: the system's, a user's, or one within a program, with a root of its own. */
export type Place = 'system' | 'session' | 'embed'

/** Folders and files of a driver. */
export interface DriverPaths {
  readonly place: Place
  /** Definitions. */
  readonly config: string
  readonly autostart: string
  /** Settings. */
  readonly settings: string
  readonly hooks: string
  /** States of running guests, pids. */
  readonly run: string
  readonly channels: string
  /** What belongs to single guests: `domain-ID-NAME`, images of saved guests, firmware's variables. */
  readonly lib: string
  /** States of TPMs, by UUID of their guests. */
  readonly swtpm: string
  readonly cache: string
  readonly log: string
}

/** The layout below libvirt's folders. */
export function driverPaths(place: Place, dirs: Dirs): DriverPaths {
  const config = join(dirs.config, 'qemu')
  const run = join(dirs.run, 'qemu')
  return {
    place,
    config,
    autostart: join(config, 'autostart'),
    settings: join(dirs.config, 'qemu.conf'),
    hooks: join(dirs.config, 'hooks'),
    run,
    channels: join(run, 'channel'),
    lib: place === 'system' || place === 'embed' ? join(dirs.state, 'qemu') : join(dirs.config, 'qemu/lib'),
    swtpm: place === 'system' || place === 'embed' ? join(dirs.state, 'swtpm') : join(config, 'swtpm'),
    cache: join(dirs.cache, 'qemu'),
    log: join(dirs.log, 'qemu'),
  }
}
