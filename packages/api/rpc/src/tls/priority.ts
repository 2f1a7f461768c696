// SPDX-License-Identifier: LGPL-2.1-or-later
// GnuTLS priority strings, as `tls_priority` has them, in terms of OpenSSL: the common ones; others are refused.
import { ErrorDomain, ErrorNumber, virtError } from '@virt/core'

type Version = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'

/** What a priority string means for `node:tls`. */
export interface TlsPriority {
  readonly minVersion: Version
  readonly maxVersion: Version
  /** OpenSSL's list; absent: Node's own. */
  readonly ciphers?: string
  readonly honorCipherOrder?: boolean
}

const versions: readonly Version[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']
const versionOf: Readonly<Record<string, Version>> = {
  'VERS-TLS1.0': 'TLSv1',
  'VERS-TLS1.1': 'TLSv1.1',
  'VERS-TLS1.2': 'TLSv1.2',
  'VERS-TLS1.3': 'TLSv1.3',
}
/** Levels: the ciphers they allow. */
const levels: Readonly<Record<string, string>> = {
  NORMAL: '',
  PERFORMANCE: '',
  SYSTEM: '',
  '@SYSTEM': '',
  '@LIBVIRT,SYSTEM': '',
  SECURE: 'HIGH',
  SECURE128: 'HIGH',
  SECURE192: 'AES256:CHACHA20',
  SECURE256: 'AES256:CHACHA20',
  PFS: 'ECDHE:DHE',
  NONE: '',
}
/** Algorithms that may be taken away: what they are to OpenSSL; empty where it never offers them. */
const algorithms: Readonly<Record<string, string>> = {
  'ARCFOUR-128': '',
  '3DES-CBC': '3DES',
  'AES-128-CBC': 'AES128',
  'AES-128-GCM': 'AES128-GCM',
  'AES-256-CBC': 'AES256',
  'AES-256-GCM': 'AES256-GCM',
  'CHACHA20-POLY1305': 'CHACHA20',
  RSA: 'kRSA',
  'DHE-RSA': 'DHE',
  'DHE-DSS': 'DHE',
  'ECDHE-RSA': 'ECDHE',
  'ECDHE-ECDSA': 'aECDSA',
  MD5: 'MD5',
  SHA1: 'SHA1',
  'VERS-SSL3.0': '',
  'COMP-DEFLATE': '',
}
const ignored = new Set(['%SERVER_PRECEDENCE', '%SAFE_RENEGOTIATION', '%COMPAT', '%PARTIAL_RENEGOTIATION'])

/**
 * Reads a priority string.
 * @param key the setting's name, which the error names
 * @throws VirtError `system-error`, libvirt's code for what TLS refuses
 */
export function tlsPriority(text: string, key = 'tls_priority'): TlsPriority {
  const allowed = new Set<Version>(['TLSv1.2', 'TLSv1.3'])
  const removed: string[] = []
  let base = ''
  let precedence = false
  for (const [index, word] of text.split(':').entries()) {
    if (index === 0 && levels[word] !== undefined) {
      base = levels[word]
      if (word === 'NONE') allowed.clear()
      continue
    }
    const sign = word[0]
    const name = word.slice(1)
    if (ignored.has(word)) precedence ||= word === '%SERVER_PRECEDENCE'
    else if ((sign === '-' || sign === '!') && /^VERS-(TLS-)?ALL$/.test(name)) allowed.clear()
    else if (sign === '+' && /^VERS-(TLS-)?ALL$/.test(name)) for (const version of versions) allowed.add(version)
    else if ((sign === '-' || sign === '!') && versionOf[name] !== undefined) allowed.delete(versionOf[name])
    else if (sign === '+' && versionOf[name] !== undefined) allowed.add(versionOf[name])
    else if ((sign === '-' || sign === '!') && algorithms[name] !== undefined) removed.push(algorithms[name])
    else if (sign === '+' && algorithms[name] !== undefined) continue
    else
      throw virtError(
        ErrorNumber.SYSTEM_ERROR,
        ErrorDomain.RPC,
        `Failed to set TLS session priority to ${text}: The request is invalid.`,
        {
          details: `${key}: '${word}' is not understood; understood are ${Object.keys(levels).join(', ')} first, then ±VERS-TLS1.x, -CIPHER and %SERVER_PRECEDENCE`,
        },
      )
  }
  const kept = versions.filter((version) => allowed.has(version))
  const [minVersion, maxVersion] = [kept[0], kept.at(-1)]
  if (minVersion === undefined || maxVersion === undefined)
    throw virtError(
      ErrorNumber.SYSTEM_ERROR,
      ErrorDomain.RPC,
      `Failed to set TLS session priority to ${text}: No or insufficient priorities were set.`,
      { details: `${key} leaves no version of TLS` },
    )
  const taken = removed.filter((name) => name !== '')
  // OpenSSL offers nothing below TLS 1.2 at its usual level of security.
  const level = minVersion === 'TLSv1' || minVersion === 'TLSv1.1' ? ['@SECLEVEL=0'] : []
  const ciphers = base !== '' || taken.length > 0 || level.length > 0
  return {
    minVersion,
    maxVersion,
    ...(ciphers
      ? { ciphers: [base || 'DEFAULT', ...taken.map((name) => `!${name}`), '!aNULL', '!eNULL', ...level].join(':') }
      : {}),
    ...(precedence ? { honorCipherOrder: true } : {}),
  }
}
