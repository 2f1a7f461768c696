// SPDX-License-Identifier: GPL-2.0-or-later
import { isVirtError } from '@virt/core'

/** An error for people: its text, and what may help. */
export function textOf(error: unknown): string {
  if (isVirtError(error)) return error.details === undefined ? error.message : `${error.message} (${error.details})`
  return error instanceof Error ? error.message : String(error)
}
