// SPDX-License-Identifier: LGPL-2.1-or-later
// Records of pools and their volumes.
import type { StoragePool, StorageVolume } from '@virt/conf'
import type { StoragePoolRef, StorageVolRef } from '@virt/core'
import type { Recorded } from '@virt/stateful'
import { operationInvalid } from './errors.js'

/** A storage pool of a test instance. */
export interface TestPool extends StoragePoolRef, Recorded {
  active: boolean
  persistent: boolean
  autostart: boolean
  document: StoragePool
  volumes: Map<string, TestVolume>
}

/** A volume of a test pool. */
export interface TestVolume extends StorageVolRef {
  /** For access rules. */
  poolUuid: string
  document: StorageVolume
}

/** The pool as its own record. @throws VirtError when it does not run */
export function activePool(ref: StoragePoolRef): TestPool {
  const pool = ref as TestPool
  if (!pool.active) throw operationInvalid(`storage pool '${pool.name}' is not active`)
  return pool
}
