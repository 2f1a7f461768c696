// SPDX-License-Identifier: LGPL-2.1-or-later
// Names of certificates as libvirt shows and compares them.

/** GnuTLS's short names where OpenSSL has others. */
const shortNames: Readonly<Record<string, string>> = { emailAddress: 'EMAIL', GN: 'givenName', SN: 'surName' }

/**
 * A subject as one line, in the order of the certificate: `O=Libvirt,CN=host`.
 * @param subject lines of `name=value`, as `X509Certificate.subject` has them: what is special in a value is escaped already
 */
export function distinguishedName(subject: string): string {
  return subject
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(' + ').map(attribute).join('+'))
    .join(',')
}

function attribute(text: string): string {
  const at = text.indexOf('=')
  const name = text.slice(0, at)
  return `${shortNames[name] ?? name}${text.slice(at)}`
}

/** Whether a text matches a pattern in which `*` is any text and `?` any character. */
export function globMatches(pattern: string, text: string): boolean {
  // Backtracks to the last star only: linear in text times stars.
  let p = 0
  let t = 0
  let star = -1
  let from = 0
  while (t < text.length) {
    if (pattern[p] === '*') {
      star = p++
      from = t
    } else if (pattern[p] === '?' || pattern[p] === text[t]) {
      p++
      t++
    } else if (star >= 0) {
      p = star + 1
      t = ++from
    } else return false
  }
  while (pattern[p] === '*') p++
  return p === pattern.length
}
