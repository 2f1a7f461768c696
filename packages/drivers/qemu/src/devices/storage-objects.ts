// SPDX-License-Identifier: LGPL-2.1-or-later
// What the images of disks need before their nodes: secrets, credentials, who keeps reservations of SCSI disks.
import type { Build } from '../command/build.js'
import type { Props } from '../command/props.js'
import { type Concealed, referenceOf, secretObject } from '../command/secrets.js'
import { formatNode, type Image, storageNode } from './image.js'
import type { ImageObjects } from './storage-network.js'

/** The helper that keeps reservations of all disks that ask for none of their own. */
export const managedHelper = 'pr-helper0'

/** Whether an image is decrypted by QEMU; others are by the library that reaches them. */
export function decryptedByQemu({ encryption }: Image): boolean {
  return encryption !== undefined && encryption.engine !== 'librbd'
}

/** What an image needs, in the order of the command line, and how its nodes name it. */
export interface Needs {
  readonly objects: Props[]
  readonly names: ImageObjects
  readonly helper: string | undefined
  /** Secrets of the format's node. */
  readonly keys: readonly string[]
}

/** Who keeps the reservations of an image. */
function helperOf(image: Image, objects: Props[]): string | undefined {
  const { reservations } = image.source
  if (reservations === undefined) return undefined
  if (reservations.managed === true) return managedHelper
  const id = `pr-helper-${storageNode(image)}`
  objects.push({ 'qom-type': 'pr-manager-helper', id, path: reservations.source?.path })
  return id
}

/** Credentials towards a server. */
export function tlsObjects(
  build: Build,
  id: string,
  options: {
    readonly dir: string
    readonly endpoint: 'client' | 'server'
    readonly verify: boolean
    readonly secret?: { readonly id: string; readonly uuid: string } | undefined
    readonly priority?: string | undefined
  },
): Props[] {
  const { secret } = options
  const sealed =
    secret === undefined
      ? []
      : [secretObject(secret.id, build.context.start.secret(referenceOf('tls', { uuid: secret.uuid })))]
  return [
    ...sealed,
    {
      'qom-type': 'tls-creds-x509',
      id,
      dir: options.dir,
      endpoint: options.endpoint,
      'verify-peer': options.verify,
      passwordid: secret?.id,
      priority: options.priority,
    },
  ]
}

function tlsOf(build: Build, image: Image, objects: Props[]): string | undefined {
  const { source } = image
  if (source.type !== 'network' || source.tls !== true) return undefined
  const { settings } = build.context
  const id = `obj${storageNode(image)}_tls0`
  const uuid = settings.nbdTlsSecret
  objects.push(
    ...tlsObjects(build, id, {
      dir: settings.nbdTlsDir,
      endpoint: 'client',
      verify: true,
      secret: uuid === undefined ? undefined : { id: `${id}-secret0`, uuid },
    }),
  )
  return id
}

/** What an image needs. @param served whether a program of its own serves it, which then has the login */
export function needsOf(build: Build, image: Image, served: boolean): Needs {
  const { source, auth, encryption } = image
  const { start } = build.context
  const objects: Props[] = []
  const conceal = (id: string, what: Concealed): string => {
    objects.push(secretObject(id, start.secret(what)))
    return id
  }
  const helper = helperOf(image, objects)
  const network = source.type === 'network' && !served ? source : undefined
  let login: string | undefined
  if (network !== undefined && auth !== undefined) {
    const type = network.protocol === 'rbd' ? 'ceph' : 'iscsi'
    const id = image.storage === undefined ? `${storageNode(image)}-auth-secret0` : `${image.storage}-secret0`
    login = conceal(id, referenceOf(type, auth.secret))
  }
  const cookies =
    network === undefined || network.cookies.length === 0
      ? undefined
      : conceal(`${storageNode(image)}-httpcookie-secret0`, {
          text: network.cookies.map(({ name = '', value = '' }) => `${name}=${value}`).join('; '),
        })
  const own = decryptedByQemu(image)
  const raw = image.format === 'raw' && !own
  const keys = (encryption?.secrets ?? []).map((secret, i) =>
    conceal(`${raw ? storageNode(image) : formatNode(image)}-encryption-secret${i}`, referenceOf('volume', secret)),
  )
  const tls = served ? undefined : tlsOf(build, image, objects)
  return {
    objects,
    helper,
    keys: own ? keys : [],
    names: {
      login,
      user: network === undefined ? undefined : auth?.username,
      cookies,
      tls,
      encryption: own || keys.length === 0 ? undefined : keys,
    },
  }
}
