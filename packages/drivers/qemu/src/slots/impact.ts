// SPDX-License-Identifier: LGPL-2.1-or-later
// Whether a guest is in a state that a call makes sense in.
import { notRunning } from '@virt/stateful'
import type { QemuDomain } from '../domain/record.js'
import type { Run } from '../process/run.js'

/** The run of a guest. @throws VirtError `operation-invalid` when it has none */
export function runOf({ active, run }: QemuDomain): Run {
  if (!active || run === undefined) throw notRunning()
  return run
}
