// SPDX-License-Identifier: LGPL-2.1-or-later
// As whom guests' processes run: users and groups by the names and numbers of settings and labels.
import { ErrorDomain, ErrorNumber, type VirtError, virtError } from '@virt/core'
import type { FileOwner } from '@virt/linux'
import type { Users } from '@virt/native'

/** Users that distributions make for guests, the first that is there is taken; root where there is none. */
const usual = [
  ['libvirt-qemu', 'libvirt-qemu'],
  ['qemu', 'qemu'],
] as const

function invalid(detail: string): VirtError {
  return virtError(ErrorNumber.INVALID_ARG, ErrorDomain.NONE, detail)
}

/** A number behind a plus is one in any case; a name may look like a number. */
function numberOf(text: string): number | undefined {
  const digits = text.startsWith('+') ? text.slice(1) : text
  return /^\d{1,10}$/.test(digits) && Number(digits) <= 0xfffffffe ? Number(digits) : undefined
}

/** @throws VirtError `invalid-arg` for a user that nobody knows */
async function userNumber(users: Users, text: string): Promise<number> {
  const named = text.startsWith('+') || text === '' ? undefined : await users.user(text)
  const uid = named?.uid ?? numberOf(text)
  if (uid === undefined) throw invalid(`Failed to parse user '${text}'`)
  return uid
}

async function groupNumber(users: Users, text: string): Promise<number> {
  const named = text.startsWith('+') || text === '' ? undefined : await users.group(text)
  const gid = named?.gid ?? numberOf(text)
  if (gid === undefined) throw invalid(`Failed to parse group '${text}'`)
  return gid
}

/**
 * Reads a label, `user:group` by names or numbers.
 * @throws VirtError `invalid-arg`
 */
export async function parseOwner(users: Users, label: string): Promise<FileOwner> {
  const colon = label.indexOf(':')
  if (colon < 0) throw invalid(`Failed to parse uid and gid from '${label}'`)
  return {
    uid: await userNumber(users, label.slice(0, colon)),
    gid: await groupNumber(users, label.slice(colon + 1)),
  }
}

/** A label as it is printed: numbers in any case. */
export function ownerText({ uid, gid }: FileOwner): string {
  return `+${uid}:+${gid}`
}

/**
 * As whom guests run by the settings, or as distributions have it.
 * @throws VirtError `invalid-arg`
 */
export async function ownerOfSettings(
  users: Users,
  { user, group }: { readonly user: string | undefined; readonly group: string | undefined },
): Promise<FileOwner> {
  const names = (await usualNames(users)) ?? ['root', 'root']
  return { uid: await userNumber(users, user ?? names[0]), gid: await groupNumber(users, group ?? names[1]) }
}

async function usualNames(users: Users): Promise<readonly [string, string] | undefined> {
  for (const names of usual)
    if ((await users.user(names[0])) !== undefined && (await users.group(names[1])) !== undefined) return names
  return undefined
}

/** All groups of a process that runs as somebody. */
export async function groupsOf(users: Users, { uid, gid }: FileOwner): Promise<number[]> {
  const user = await users.user(uid)
  if (user === undefined) return [gid]
  // Its own first group may be another than the one that it runs with.
  return [...new Set([...(await users.groupsOf(user.name, user.gid)), gid])]
}
