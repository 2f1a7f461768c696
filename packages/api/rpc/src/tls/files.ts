// SPDX-License-Identifier: LGPL-2.1-or-later
// Certificates, keys and revocation lists at rest: where they lie, and what is wrong with them.
import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ErrorDomain, ErrorNumber, systemFailure, type VirtError, virtError } from '@virt/core'

/** Paths of what one side of TLS needs; `crl` and, for clients, certificate and key need not exist. */
export interface TlsPaths {
  readonly ca: string
  readonly crl: string | undefined
  readonly cert: string
  readonly key: string
}

/** What was found there. */
export interface TlsMaterial {
  readonly ca: string
  readonly crl?: string
  readonly cert?: string
  readonly key?: string
}

export type TlsSide = 'client' | 'server'

/** The system's own places, or the same below another root. */
export function systemTlsPaths(side: TlsSide, root = '/'): TlsPaths {
  const pki = join(root, 'etc/pki')
  return {
    ca: `${pki}/CA/cacert.pem`,
    crl: `${pki}/CA/cacrl.pem`,
    cert: `${pki}/libvirt/${side}cert.pem`,
    key: `${pki}/libvirt/private/${side}key.pem`,
  }
}

/** All in one folder, as `pkipath` and a user's `~/.pki/libvirt` have them. */
export function folderTlsPaths(folder: string, side: TlsSide): TlsPaths {
  return {
    ca: join(folder, 'cacert.pem'),
    crl: join(folder, 'cacrl.pem'),
    cert: join(folder, `${side}cert.pem`),
    key: join(folder, `${side}key.pem`),
  }
}

/**
 * Reads what is there. A client may do without certificate and key, everybody without a revocation list.
 * @throws VirtError `system-error` for a file that must exist or cannot be read
 */
export function readTlsMaterial(paths: TlsPaths, side: TlsSide): TlsMaterial {
  const must = (path: string, what: string): string => {
    try {
      return readFileSync(path, 'utf8')
    } catch (error) {
      throw unreadable(path, what, error as NodeJS.ErrnoException)
    }
  }
  const may = (path: string | undefined, what: string): string | undefined =>
    path === undefined || !existsSync(path) ? undefined : must(path, what)
  const ca = must(paths.ca, 'CA certificate')
  const crl = may(paths.crl, 'CA revocation list')
  const read = side === 'server' ? must : may
  const cert = read(paths.cert, `${side} certificate`)
  const key = read(paths.key, `${side} key`)
  const pair = cert === undefined || key === undefined ? {} : { cert, key }
  return { ca, ...pair, ...(crl === undefined ? {} : { crl }) }
}

function unreadable(path: string, what: string, error: NodeJS.ErrnoException): VirtError {
  return systemFailure(error, ErrorDomain.RPC, `Cannot read ${what} '${path}'`)
}

/**
 * Checks our own certificates, so that a mistake is told here and not by a peer's refusal.
 * @throws VirtError `system-error` naming the file and what is wrong with it
 */
export function checkSanity(material: TlsMaterial, paths: TlsPaths, side: TlsSide, now: number = Date.now()): void {
  const wrong = (text: string): never => {
    throw virtError(ErrorNumber.SYSTEM_ERROR, ErrorDomain.RPC, text)
  }
  const check = (pem: string, what: string, kind: string, path: string): X509Certificate[] => {
    const certificates = certificatesIn(pem)
    if (certificates.length === 0) wrong(`Unable to import ${what} ${path}`)
    for (const one of certificates) {
      if (Date.parse(one.validTo) < now) wrong(`The ${kind} certificate ${path} has expired`)
      if (Date.parse(one.validFrom) > now) wrong(`The ${kind} certificate ${path} is not yet active`)
    }
    return certificates
  }
  const authorities = check(material.ca, 'CA certificate list', 'CA', paths.ca)
  for (const one of authorities) if (!one.ca) wrong(`The certificate ${paths.ca} basic constraints do not show a CA`)
  if (material.cert === undefined) return
  const [own, ...between] = check(material.cert, `${side} certificate`, side, paths.cert) as [X509Certificate]
  if (own.ca) wrong(`The certificate ${paths.cert} basic constraints show a CA, but we need one for a ${side}`)
  if (!leadsTo(own, between, authorities))
    wrong(
      `Our own certificate ${paths.cert} failed validation against ${paths.ca}: The certificate hasn't got a known issuer.`,
    )
}

/** Whether a chain of signatures goes from a certificate to an authority. */
function leadsTo(from: X509Certificate, between: X509Certificate[], authorities: X509Certificate[]): boolean {
  const issued = (by: X509Certificate): boolean => from.checkIssued(by) && from.verify(by.publicKey)
  if (authorities.some(issued)) return true
  const next = between.find(issued)
  return (
    next !== undefined &&
    leadsTo(
      next,
      between.filter((one) => one !== next),
      authorities,
    )
  )
}

/** The certificates of a PEM text, in order; what is none is left out. */
function certificatesIn(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? []
  return blocks.flatMap((block) => {
    try {
      return [new X509Certificate(block)]
    } catch {
      return []
    }
  })
}

/** What OpenSSL found wrong with a peer's certificate, in libvirt's words. */
export function verdictText(code: string | undefined): string {
  switch (code) {
    case 'CERT_REVOKED':
      return 'The certificate has been revoked.'
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'CERT_UNTRUSTED':
      return "The certificate hasn't got a known issuer."
    default:
      return 'The certificate is not trusted.'
  }
}
