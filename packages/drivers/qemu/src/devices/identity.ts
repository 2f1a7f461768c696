// SPDX-License-Identifier: LGPL-2.1-or-later
// Who the guest is: names, UUIDs, what its firmware tells of it.
import type { Build } from '../command/build.js'
import { listProps, type Props } from '../command/props.js'

/** What QEMU does about things that will go. */
const deprecations: Readonly<Record<string, Props | undefined>> = {
  omit: { 'deprecated-output': 'hide' },
  reject: { 'deprecated-output': 'hide', 'deprecated-input': 'reject' },
  crash: { 'deprecated-output': 'hide', 'deprecated-input': 'crash' },
}

/** `-name`, `-S` and the key by which secrets are handed over. */
export function identity(build: Build): void {
  const { domain, context } = build
  build.add('-name', listProps(undefined, { guest: domain.name, 'debug-threads': true }))
  const compat = deprecations[build.wishes?.deprecation ?? '']
  if (compat !== undefined) build.json('-compat', compat)
  if (context.paused) build.add('-S')
  build.object({
    'qom-type': 'secret',
    id: 'masterKey0',
    format: 'raw',
    file: `${context.paths.lib}/master-key.aes`,
  })
}

export function uuid(build: Build): void {
  if (build.domain.uuid !== undefined) build.add('-uuid', build.domain.uuid)
}

/** Number that changes when the guest goes back in time. */
export function generationId(build: Build): void {
  const { genid } = build.domain
  if (genid !== undefined) build.device({ driver: 'vmgenid', guid: genid, id: 'vmgenid0' })
}

/** Nothing that QEMU would add by itself. */
export function bare(build: Build): void {
  build.add('-no-user-config')
  build.add('-nodefaults')
}

export function messages(build: Build): void {
  if (build.context.settings.logTimestamp) build.add('-msg', 'timestamp=on')
}

/** What QEMU may not do once the guest runs. */
export function sandbox(build: Build): void {
  const { seccompSandbox } = build.context.settings
  if (!build.has('seccomp-sandbox')) return
  if (seccompSandbox === 'off') build.add('-sandbox', 'off')
  else build.add('-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny')
}
