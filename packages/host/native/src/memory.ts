// SPDX-License-Identifier: LGPL-2.1-or-later
// Memory of this process.
import type { Binding } from './binding.js'

/** What can be done about the memory of this process. */
export interface ProcessMemory {
  /**
   * Gives memory back to the kernel that the C library's allocator keeps although nobody uses it. Works off the thread of
   * JavaScript; takes some milliseconds for each hundred MiB.
   * @returns whether there was any; false where the allocator has no way to do it
   */
  trim(): Promise<boolean>
}

/** Over the addon. */
export function memoryOf(binding: Pick<Binding, 'trimHeap'>): ProcessMemory {
  return { trim: () => binding.trimHeap() }
}
