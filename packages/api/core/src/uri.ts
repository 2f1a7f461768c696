// SPDX-License-Identifier: LGPL-2.1-or-later
/** A connection URI in parts. */
export interface Uri {
  readonly scheme: string | undefined
  readonly path: string | undefined
}

export function parseUri(text: string): Uri {
  const m = /^(?:([a-z0-9+.-]+):)?(?:\/\/[^/?#]*)?([^?#]*)/i.exec(text)
  return { scheme: m?.[1], path: m?.[2] }
}
