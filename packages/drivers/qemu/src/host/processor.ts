// SPDX-License-Identifier: LGPL-2.1-or-later
// The host's processor, as guests' processors are compared with it.
import { readFile } from 'node:fs/promises'
import type { HostProcessor } from '../domain-capabilities/cpu-modes.js'

let found: Promise<HostProcessor> | undefined

/** Reads it, once. Its model is not decoded here: QEMU's own answer counts where there is one. */
export function hostProcessor(arch: string): Promise<HostProcessor> {
  found ??= (async () => {
    const text = await readFile('/proc/cpuinfo', 'utf8').catch(() => '')
    const bits = /^address sizes\s*:\s*(\d+) bits physical/m.exec(text)?.[1]
    return { arch, cpu: undefined, addressBits: bits === undefined ? 0 : Number(bits) }
  })()
  return found
}
