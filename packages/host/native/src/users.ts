// SPDX-License-Identifier: LGPL-2.1-or-later
// Users and groups by name and number, as the C library finds them: files, LDAP and whatever else is set up.
import type { Binding } from './binding.js'
import { checkInteger } from './errors.js'

/** A user. */
export interface User {
  readonly name: string
  readonly uid: number
  /** Its first group. */
  readonly gid: number
}

/** A group. */
export interface Group {
  readonly name: string
  readonly gid: number
}

/** Users and groups of this system. */
export interface Users {
  /** A user by name or number; undefined when there is none. @since 0.1.0 */
  user(which: string | number): Promise<User | undefined>
  /** A group by name or number; undefined when there is none. @since 0.1.0 */
  group(which: string | number): Promise<Group | undefined>
  /**
   * All groups of a user.
   *
   * @param gid its first, which is among them
   * @since 0.1.0
   */
  groupsOf(user: string, gid: number): Promise<number[]>
}

const mostId = 0xfffffffe

/** Users and groups by getpwnam and its like. */
export function usersOf(binding: Binding): Users {
  return {
    user: async (which) => await binding.userOf(checked(which)),
    group: async (which) => await binding.groupOf(checked(which)),
    groupsOf: async (user, gid) => await binding.groupsOf(String(checked(user)), Number(checked(gid))),
  }
}

function checked(which: string | number): string | number {
  if (typeof which === 'number') checkInteger('id', which, 0, mostId)
  else if (which === '' || which.includes('\0')) throw new TypeError(`${JSON.stringify(which)} is no name`)
  return which
}
