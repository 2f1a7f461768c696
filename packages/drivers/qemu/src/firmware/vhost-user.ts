// SPDX-License-Identifier: LGPL-2.1-or-later
// Helper programs that play a device for QEMU, as their packages describe them: `vhost-user.json` of QEMU's interop documents.
import { formatJson, parseJson } from '@virt/core'
import { internalError } from '../errors.js'
import { asObject, textOf } from '../monitor/json-access.js'

const types = [
  '9p',
  'balloon',
  'block',
  'caif',
  'console',
  'crypto',
  'gpu',
  'input',
  'net',
  'rng',
  'rpmsg',
  'rproc-serial',
  'scsi',
  'vsock',
  'fs',
] as const

/** A helper program. */
export interface VhostUser {
  readonly type: (typeof types)[number]
  readonly binary: string
}

/** Reads a description. @throws VirtError for what is none */
export function parseVhostUser(text: string): VhostUser {
  const object = asObject(parseJson(text))
  const name = object === undefined ? undefined : textOf(object, 'type')
  const type = types.find((one) => one === name)
  const binary = object === undefined ? undefined : textOf(object, 'binary')
  if (type === undefined || binary === undefined)
    throw internalError(
      `failed to parse vhost-user description: ${type === undefined ? "'type'" : "'binary'"} is missing or unknown`,
    )
  return { type, binary }
}

/** Writes a description. */
export function formatVhostUser({ type, binary }: VhostUser): string {
  return formatJson({ type, binary }, true)
}
