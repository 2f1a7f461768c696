// SPDX-License-Identifier: LGPL-2.1-or-later
import { timingSafeEqual } from 'node:crypto'

/** Whether both are the same, in a time that tells nothing but their lengths. */
export const same = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && timingSafeEqual(a, b)
