// SPDX-License-Identifier: LGPL-2.1-or-later
// The host's processor, as guests' processors are compared with it.
import type { Logger } from '@virt/core'
import { addressBits, HostFiles, readHostCpu } from '@virt/linux'
import type { Native } from '@virt/native'
import type { HostProcessor } from '../domain-capabilities/cpu-modes.js'

/** Reads it. Where no model fits nothing is known, and everything else works all the same. */
export async function readProcessor(native: Native, arch: string, log: Logger): Promise<HostProcessor> {
  const files = new HostFiles()
  const cpu = await readHostCpu(files, arch, native.processor).catch((error: unknown) => {
    log.warn(`the host's processor is not known: ${(error as Error).message}`)
    return undefined
  })
  // Guests' addresses are limited also by a processor that no model fits.
  const bits = cpu === undefined ? addressBits((await files.text('/proc/cpuinfo')) ?? '') : (cpu.maxphysaddr?.bits ?? 0)
  return { arch, cpu, addressBits: bits }
}
