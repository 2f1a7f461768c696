// SPDX-License-Identifier: GPL-2.0-or-later
// Certificates for tests, made by openssl: an authority, what it has signed, what it has taken back.
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Whether they can be made here. */
export const opensslIsThere = spawnSync('openssl', ['version']).status === 0

const config = (folder) => `
[ca]
default_ca = own
[own]
dir = ${folder}
database = $dir/index.txt
new_certs_dir = $dir
serial = $dir/serial
crlnumber = $dir/crlnumber
certificate = $dir/cacert.pem
private_key = $dir/cakey.pem
default_md = sha256
default_days = 30
default_crl_days = 30
policy = anything
copy_extensions = copy
unique_subject = no
preserve = yes
[anything]
organizationName = optional
countryName = optional
localityName = optional
organizationalUnitName = optional
commonName = optional
[request]
distinguished_name = none
[none]
[authority]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign,cRLSign
`
const purposes = { server: 'serverAuth', client: 'clientAuth' }

/** An authority in a folder of its own. */
export class Authority {
  /** @param {string} folder where it is made; @param {string} name of the authority */
  constructor(folder, name = 'Test CA') {
    this.folder = folder
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'index.txt'), '')
    writeFileSync(join(folder, 'index.txt.attr'), 'unique_subject = no\n')
    writeFileSync(join(folder, 'serial'), '1000\n')
    writeFileSync(join(folder, 'crlnumber'), '01\n')
    writeFileSync(join(folder, 'ca.conf'), config(folder))
    this.#newKey('cakey.pem')
    openssl(
      'req',
      '-x509',
      '-new',
      '-config',
      this.path('ca.conf'),
      '-extensions',
      'authority',
      '-subj',
      `/CN=${name}`,
    )('-days', '30', '-key', this.path('cakey.pem'), '-out', this.path('cacert.pem'))
  }

  /** @returns {string} */
  path(name) {
    return join(this.folder, name)
  }

  #newKey(name) {
    openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256')('-out', this.path(name))
  }

  /**
   * Signs a certificate.
   * @param {'server' | 'client'} kind
   * @param {{ subject?: string, names?: string, from?: string, until?: string, file?: string, extensions?: string }} [options]
   * `names` is a subjectAltName, `from` and `until` are `YYYYMMDDHHMMSSZ`
   * @returns {{ cert: string, key: string }} paths
   */
  sign(kind, options = {}) {
    const { subject = `/O=Virt/CN=${kind}`, names, from, until, file = kind, extensions } = options
    const ext = this.path(`${file}.ext`)
    writeFileSync(
      ext,
      extensions ??
        `basicConstraints=critical,CA:false\nkeyUsage=critical,digitalSignature,keyEncipherment\nextendedKeyUsage=${purposes[kind]}\n${
          names === undefined ? '' : `subjectAltName=${names}\n`
        }`,
    )
    const [key, request, cert] = [`${file}key.pem`, `${file}.csr`, `${file}cert.pem`].map((name) => this.path(name))
    this.#newKey(`${file}key.pem`)
    openssl('req', '-new', '-config', this.path('ca.conf'), '-subj', subject)('-key', key, '-out', request)
    openssl(
      'ca',
      '-batch',
      '-notext',
      '-config',
      this.path('ca.conf'),
      '-extfile',
      ext,
    )(
      ...(from === undefined ? [] : ['-startdate', from]),
      ...(until === undefined ? [] : ['-enddate', until]),
      '-in',
      request,
      '-out',
      cert,
    )
    return { cert, key }
  }

  /** Takes certificates back. @returns path of the list of those taken back, for all so far */
  revoke(...certs) {
    for (const cert of certs) openssl('ca', '-config', this.path('ca.conf'))('-revoke', cert)
    openssl('ca', '-gencrl', '-config', this.path('ca.conf'))('-out', this.path('cacrl.pem'))
    return this.path('cacrl.pem')
  }
}

/**
 * A folder as `pkipath` wants it.
 * @param {string} folder
 * @param {{ ca: string, crl?: string, client?: { cert: string, key: string }, server?: { cert: string, key: string } }} parts
 * @returns {string} the folder
 */
export function pkiFolder(folder, { ca, crl, client, server }) {
  mkdirSync(folder, { recursive: true })
  const put = (from, name) => from !== undefined && copyFileSync(from, join(folder, name))
  put(ca, 'cacert.pem')
  put(crl, 'cacrl.pem')
  for (const [side, pair] of Object.entries({ client, server })) {
    put(pair?.cert, `${side}cert.pem`)
    put(pair?.key, `${side}key.pem`)
  }
  return folder
}

/** Arguments in two helpings, so that they stay readable. */
function openssl(...first) {
  return (...rest) => {
    const { status, stderr, error } = spawnSync('openssl', [...first, ...rest], { encoding: 'utf8' })
    if (status !== 0) throw new Error(`openssl ${first[0]}: ${stderr ?? error?.message}`)
  }
}
