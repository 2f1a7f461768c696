// SPDX-License-Identifier: LGPL-2.1-or-later
// What tuning calls have in common: who may not tune, and who is told.
import { ErrorNumber, type ParamType, type ParamValue, paramShape, type TypedParams, type VirtError } from '@virt/core'
import type { Cgroup, Controller } from '@virt/linux'
import { type QemuDomain, refOf } from '../domain/record.js'
import { operationInvalid, qemuError } from '../errors.js'
import type { QemuState } from '../state.js'

/** A user's own guests have no groups to be tuned by. @throws VirtError */
export function requireSystem({ paths }: QemuState, what: string): void {
  if (paths.place === 'session' || process.geteuid?.() !== 0)
    throw qemuError(ErrorNumber.OPERATION_UNSUPPORTED, `${what} is not available in session mode`)
}

const missing: Partial<Record<Controller, string>> = {
  cpu: 'cgroup CPU controller is not mounted',
  memory: 'cgroup memory controller is not mounted',
  blkio: "blkio cgroup isn't mounted",
  cpuset: 'cgroup cpuset controller is not mounted',
}

/** The refusal of what a group would be needed for. */
export function withoutController(controller: Controller): VirtError {
  return operationInvalid(missing[controller] ?? `cgroup ${controller} controller is not mounted`)
}

/** The group of a guest that runs, by which something can be set. @throws VirtError `operation-invalid` */
export function groupWith(domain: QemuDomain, controller: Controller): Cgroup {
  const group = domain.run?.facts.group
  if (!group?.has(controller)) throw withoutController(controller)
  return group
}

/** Tells that a guest that runs is tuned otherwise. */
export function tellTuned(
  state: QemuState,
  domain: QemuDomain,
  rows: readonly (readonly [string, ParamType, ParamValue])[],
): void {
  if (rows.length === 0) return
  const params: TypedParams = {
    shape: paramShape(Object.fromEntries(rows.map(([name, type]) => [name, type]))),
    values: rows.map(([, , value]) => value),
  }
  state.domains.change(domain, (change) => change.emit('domain', 'tunable', { dom: refOf(domain), params }))
}
