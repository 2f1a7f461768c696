// SPDX-License-Identifier: LGPL-2.1-or-later
// What snapshots and checkpoints have in common.
import type { Pass } from '../runtime/context.js'

interface Moment {
  name?: string | undefined
  creationTime?: bigint | undefined
}

/** Seconds since the epoch. A driver may bring its own clock as hook `now`, which may also answer `undefined`. */
const clock = (): bigint => BigInt(Math.floor(Date.now() / 1000))

/** A new moment is now, and is called so unless it has a name. */
export const moment: Pass<Moment> = {
  name: 'moment',
  run: (document, context) => {
    if (context.has('redefine')) return
    const now = ((context.hooks.now as (() => bigint | undefined) | undefined) ?? clock)()
    if (now === undefined) return
    document.creationTime = now
    document.name ??= String(now)
  },
}
