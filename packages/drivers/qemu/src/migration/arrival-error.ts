// SPDX-License-Identifier: LGPL-2.1-or-later
// Why guests that were to arrive did not.
import { isVirtError } from '@virt/core'
import type { QemuState } from '../state.js'

/** The error that is told of a guest that is gone. */
export function arrivalError(state: QemuState, name: string): Error | undefined {
  const error = state.arrivalErrors.get(name)
  state.arrivalErrors.delete(name)
  return error !== undefined && isVirtError(error) ? error : undefined
}
