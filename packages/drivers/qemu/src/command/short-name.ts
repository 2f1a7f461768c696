// SPDX-License-Identifier: LGPL-2.1-or-later
// Names of guests in paths.

/** How much of a guest's name goes into names of its files, in bytes. */
const nameLimit = 20

/** A guest's name as part of a path: short, so that sockets below it can be bound; no letter is cut in half. */
export function shortName(name: string): string {
  const bytes = Buffer.from(name)
  if (bytes.length <= nameLimit) return name
  return new TextDecoder().decode(bytes.subarray(0, nameLimit)).replace(/\uFFFD+$/, '')
}

/** `ID-NAME` of a guest that runs. */
export function runName(id: number, name: string): string {
  return `${id}-${shortName(name)}`
}
