// SPDX-License-Identifier: LGPL-2.1-or-later
// What drivers get of their surroundings when nobody gives them anything else.
import { join } from 'node:path'
import { VirtError } from './errors.js'
import type { Clock, Dirs, Logger, Services } from './spi.js'

/** A logger that drops everything. */
export const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} }

/** The system's clock; its timers do not keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, fn) {
    const timer = setTimeout(fn, ms)
    timer.unref()
    return { [Symbol.dispose]: () => clearTimeout(timer) }
  },
}

/** libvirt's folders below `root`. */
export function dirsBelow(root: string): Dirs {
  return {
    config: join(root, 'etc/libvirt'),
    state: join(root, 'var/lib/libvirt'),
    cache: join(root, 'var/cache/libvirt'),
    log: join(root, 'var/log/libvirt'),
    run: join(root, 'run/libvirt'),
  }
}

/** Services of a plain process; `given` replaces any of them. */
export function processServices(given: Partial<Services> = {}): Services {
  return {
    log: silent,
    clock: systemClock,
    dirs: dirsBelow('/'),
    daemon: false,
    peer: (family) => Promise.reject(new VirtError(`no ${family} driver in this process`, { code: 'no-connect' })),
    connect: (uri) =>
      Promise.reject(new VirtError(`drivers of this process cannot connect to ${uri}`, { code: 'no-connect' })),
    ...given,
  }
}
