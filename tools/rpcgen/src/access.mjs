// SPDX-License-Identifier: GPL-2.0-or-later
// core/src/acl.gen.ts: objects of access control, their permissions, polkit's names for them and the attributes that rules see.
import { header, quote } from './names.mjs'

export function emitAccess({ acl }) {
  const objects = Object.entries(acl.objects)
  const list = (items) => items.map(quote).join(', ')
  return `${header('access control')}
/** Classes of objects that access is asked for. */
export type AclObject = ${objects.map(([name]) => quote(name)).join(' | ')}

/** What is known of a class of objects. */
export interface AclClass {
  /** Names that polkit rules read in \`action.lookup(…)\`. */
  readonly attributes: readonly string[]
  /** polkit's action for each permission. */
  readonly actions: Readonly<Record<string, string>>
  /** Permissions that everybody has where no rule says otherwise. */
  readonly anonymous: readonly string[]
}

/** Every class with its permissions. */
export const aclClasses: { readonly [O in AclObject]: AclClass } = {
${objects
  .map(
    ([name, o]) => `  ${name}: {
    attributes: [${list(o.polkitAttributes)}],
    actions: { ${o.permissions.map((p) => `${p.name}: ${quote(p.actionId)}`).join(', ')} },
    anonymous: [${list(o.permissions.filter((p) => p.allowedAnonymously).map((p) => p.name))}],
  },`,
  )
  .join('\n')}
}
`
}
