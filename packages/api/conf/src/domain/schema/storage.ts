// SPDX-License-Identifier: LGPL-2.1-or-later
// Storage sources: what a disk, a backing image, a mirror or an NVRAM reads from.
import { ErrorDomain, ErrorNumber } from '@virt/core'
import { hostPciAddress } from '../../common/schema/addresses.js'
import {
  attr,
  body,
  by,
  child,
  children,
  type Element,
  element,
  extension,
  type Field,
  only,
  type StrictRule,
  scaled,
  tag,
  tagOf,
  wrapped,
} from '../../lang/field.js'
import { absolutePath, except, form, genericName, objectName, volumeName } from '../../lang/forms.js'
import { inBytes } from '../../lang/scale.js'
import { oneOf, text, uint, ulong, uuid, type Value, yesNo } from '../../lang/value.js'
import type { ReadContext } from '../../runtime/context.js'
import type {
  Reconnect,
  StorageEncryption,
  StorageHost,
  StorageReservations,
  StorageSlice,
  StorageSource,
} from '../types.gen.js'
import { deviceSeclabel } from './device.js'

const filePlace: Value = form(text, /(\/|[a-zA-Z]:\\).+|\[[^\]]+\] .+/)
const blockPlace: Value = form(text, /(\/|[a-zA-Z]:\\).+|[a-zA-Z0-9_.\-\\:/]+/)

export const storageType: Value = oneOf(
  'none',
  'file',
  'block',
  'dir',
  'network',
  'volume',
  'nvme',
  'vhostuser',
  'vhostvdpa',
)

export const storageFormat: Value = oneOf(
  'none',
  'raw',
  'dir',
  'bochs',
  'cloop',
  'dmg',
  'iso',
  'vpc',
  'vdi',
  'vhd',
  'ploop',
  'luks',
  'cow',
  'qcow',
  'qcow2',
  'qed',
  'vmdk',
  'fat',
)

export const storageProtocol: Value = oneOf(
  'none',
  'nbd',
  'rbd',
  'sheepdog',
  'gluster',
  'iscsi',
  'http',
  'https',
  'ftp',
  'ftps',
  'tftp',
  'ssh',
  'vxhs',
  'nfs',
)

const oneSecret: StrictRule = ({ attributes }) =>
  attributes.has('uuid') === attributes.has('usage') ? 'uuid or usage is missing' : undefined

/** What names a secret. */
const secretUuid = attr(uuid).bad({
  number: ErrorNumber.XML_ERROR,
  domain: ErrorDomain.NONE,
  message: "invalid secret uuid '%s'",
})

const unknownSecret = (type: string) => ({
  number: ErrorNumber.CONFIG_UNSUPPORTED,
  message: `unknown secret type '${type}'`,
})

export const storageSecret: Element = element('secret', {
  type: attr(form(oneOf('ceph', 'iscsi', 'volume', 'tls', 'vtpm'), /\s*(ceph|iscsi)\s*/))
    .required(unknownSecret('<null>'))
    .bad(unknownSecret('%s')),
  uuid: secretUuid,
  usage: attr(objectName),
}).strict(oneSecret)

export const storageAuth: Element = element('auth', {
  type: attr(oneOf('none', 'chap', 'ceph')).bad({
    number: ErrorNumber.CONFIG_UNSUPPORTED,
    message: "unknown auth type '%s'",
  }),
  username: attr(genericName).required('missing username for auth'),
  secret: child(storageSecret).required('Missing <secret> element in auth'),
})

type SecretName = { readonly uuid?: string | undefined; readonly usage?: string | undefined }

/** What is wrong with how a secret is named. */
export function secretNameFault({ uuid, usage }: SecretName): string | undefined {
  if (uuid === undefined && usage === undefined) return 'missing secret uuid or usage attribute'
  return uuid !== undefined && usage !== undefined ? 'either secret uuid or usage expected' : undefined
}

/** A secret is named in one way. */
export function oneName(secret: SecretName, context: ReadContext): void {
  const fault = secretNameFault(secret)
  if (fault !== undefined) context.fail(fault, ErrorNumber.XML_ERROR, ErrorDomain.NONE)
}

export const storageEncryptionSecret: Element = element('secret', {
  type: attr(oneOf('passphrase'))
    .orEmpty()
    .required('unknown volume encryption secret type')
    .bad({ number: ErrorNumber.CONFIG_UNSUPPORTED, message: 'unknown volume encryption secret type %s' }),
  uuid: secretUuid,
  usage: attr(text),
})
  .strict(oneSecret)
  .finish(oneName)

export const storageCipher: Element = element('cipher', {
  name: attr(text).required(),
  size: attr(uint).required(),
  mode: attr(text),
  hash: attr(text),
})
export const storageIvgen: Element = element('ivgen', { name: attr(text).required(), hash: attr(text) })
export const storageEncryption: Element = element('encryption', {
  format: attr(oneOf('default', 'qcow', 'luks', 'luks2', 'luks-any'))
    .orEmpty()
    .required('unknown volume encryption format')
    .bad({ number: ErrorNumber.CONFIG_UNSUPPORTED, message: 'unknown volume encryption format type %s' }),
  engine: attr(oneOf('qemu', 'librbd')),
  secrets: children(storageEncryptionSecret),
  cipher: child(storageCipher).where('format', 'luks').anywhere(),
  ivgen: child(storageIvgen).where('format', 'luks').anywhere(),
})
  .keepOpen()
  .finish(({ cipher, ivgen }: StorageEncryption, context: ReadContext) => {
    if (ivgen !== undefined && cipher === undefined) context.fail('ivgen element found, but cipher is missing')
  })

export const storageHost: Element = element('host', {
  transport: attr(oneOf('tcp', 'unix', 'rdma')).omit('tcp'),
  name: attr(form(text, /[a-zA-Z0-9.\-:]+/)),
  port: attr(form(text, /[0-9]{1,10}/)),
  socket: attr(absolutePath),
})
  .strict(({ attributes }) =>
    attributes.get('transport') === 'unix' || attributes.has('name') ? undefined : 'name is missing',
  )
  .finish(({ transport = 'tcp', name, socket }: StorageHost, context: ReadContext) => {
    if (transport === 'unix') {
      if (socket === undefined) context.fail('missing socket for unix transport')
      return
    }
    if (socket !== undefined) context.fail(`transport '${transport}' does not support socket attribute`)
    if (name === undefined) context.fail('missing name for host')
  })

export const reconnect: Element = element('reconnect', { enabled: attr(yesNo), timeout: attr(uint) }).finish(
  (reconnect: Reconnect, context: ReadContext) => {
    if (reconnect.enabled === true && reconnect.timeout === undefined)
      context.reject("Missing required attribute 'timeout' in element 'reconnect'")
  },
)

export const storageReservations: Element = element('reservations', {
  managed: attr(yesNo).required().may(),
  source: child(
    element('source', {
      type: attr(oneOf('unix')).bad('unsupported connection type for <reservations/>: %s'),
      path: attr(text),
      mode: attr(oneOf('client')).bad('unsupported connection mode for <reservations/>: %s'),
    }),
  ),
}).finish(({ managed, source }: StorageReservations, context: ReadContext) => {
  if (managed === true) return
  for (const [what, given] of [
    ['type', source?.type],
    ['path', source?.path],
    ['mode', source?.mode],
  ] as const)
    if (given === undefined)
      context.fail(`missing ${what === 'path' ? what : `connection ${what}`} for <reservations/>`)
})

export const storageSlice: Element = element('slice', {
  type: attr(oneOf('storage')).lax().must(),
  offset: attr(ulong).bad("malformed value '%s' of 'offset' attribute of slice").must(),
  size: attr(ulong).bad("malformed value '%s' of 'size' attribute of slice").must(),
}).finish(({ offset, size }: StorageSlice, context: ReadContext) => {
  if (offset === undefined || size === undefined) context.fail('missing offset or size attribute of slice')
})

export const storageCookie: Element = element('cookie', { name: attr(text), value: body(text) })

export const storageMetadataCache: Element = element('metadata_cache', { max_size: scaled(inBytes) })

const network = (field: Field): Field => field.where('type', 'network')

/** What a volume was found to be. */
const translated = (field: Field): Field => field.where('type', 'volume').when('volumeTranslated')

export const storageFormatElement: Element = element('format', {
  type: attr(except(storageFormat, 'none'))
    .orEmpty()
    .required('missing disk backing store format')
    .bad("unknown storage source format '%s'"),
  metadata_cache: child(storageMetadataCache),
})

/** Protocols whose paths begin with a pool or a volume. */
const pooled: ReadonlySet<string | undefined> = new Set(['rbd', 'gluster'])
const secured: ReadonlySet<string | undefined> = new Set(['https', 'ftps'])
const hypertext: ReadonlySet<string | undefined> = new Set(['http', 'https'])

/** What a place that is said at all must say, by its type, and the error of its own if it does not. */
const needed: Readonly<Record<string, readonly (readonly [key: string, message?: string])[]>> = {
  network: [['protocol']],
  nvme: [
    ['kind', "missing 'type' attribute to disk source"],
    ['namespace'],
    ['address', 'NVMe disk source is missing address'],
  ],
  vhostuser: [
    ['kind', "missing 'type' attribute for vhostuser disk source"],
    ['path', "missing 'path' attribute for vhostuser disk source"],
  ],
  vhostvdpa: [['dev']],
}

/** Checks what a place of each type must say; what is not of its protocol is not read. */
function checkPlace(source: StorageSource, context: ReadContext): void {
  for (const [key, message] of needed[source.type ?? ''] ?? [])
    if (Reflect.get(source, key) === undefined)
      message === undefined
        ? context.reject(`Missing required attribute '${key}' in element 'source'`)
        : context.fail(message)
  if (source.type === 'volume' && (source.pool === undefined) !== (source.volume === undefined))
    context.fail("'pool' and 'volume' must be specified together for 'pool' type source")
  if (source.slices.length > 0) source.slices = source.slices.filter(({ type }) => type === 'storage')
  if (source.type !== 'network') return
  const { protocol, name, identity } = source
  if (name === undefined && protocol !== 'nbd') context.fail('missing name for disk source')
  if (pooled.has(protocol) && name !== undefined && name.indexOf('/') < 1)
    context.fail(`can't split path '${name}' into pool name and image name`)
  if (!secured.has(protocol)) delete source.ssl
  if (!hypertext.has(protocol)) delete source.query
  if (
    protocol === 'ssh' &&
    identity !== undefined &&
    identity.keyfile === undefined &&
    identity.agentsock === undefined
  )
    context.fail("element 'identity' requires either 'keyfile' or 'agentsock' attribute")
}

/** Where data come from. `type` stands on the element around it. */
export const storageSource: Element = element('source', {
  type: tag(storageType),
  kind: by('type', {
    nvme: attr(oneOf('pci')).as('type').bad("unsupported source type '%s'"),
    vhostuser: attr(oneOf('unix')).as('type').bad("invalid 'type' attribute for vhostuser disk source"),
  }),
  file: attr(filePlace).where('type', 'file'),
  dir: attr(absolutePath).where('type', 'dir'),
  protocol: network(attr(except(storageProtocol, 'none'))).must(),
  name: network(attr(text)),
  query: network(attr(text)),
  tls: network(attr(yesNo)),
  tlsHostname: network(attr(text)),
  tlsFromConfig: network(attr(oneOf('0', '1')).when('status')),
  pool: attr(objectName).where('type', 'volume'),
  volume: attr(volumeName).where('type', 'volume'),
  mode: attr(oneOf('host', 'direct')).where('type', 'volume'),
  actualType: translated(attr(storageType)),
  actualFile: translated(attr(text).as('file')),
  actualDev: translated(attr(text).as('dev')),
  actualDir: translated(attr(text).as('dir')),
  managed: attr(yesNo).where('type', 'nvme'),
  namespace: attr(ulong).where('type', 'nvme'),
  path: attr(absolutePath).where('type', 'vhostuser'),
  dev: attr(blockPlace).where('type', 'block', 'vhostvdpa'),
  fdgroup: attr(text).where('type', 'file'),
  startupPolicy: attr(oneOf('mandatory', 'requisite', 'optional')),
  index: attr(uint).readWhen('live').omit(0),
  hosts: network(children(storageHost)),
  snapshot: network(only('name', genericName)),
  config: network(only('file', absolutePath)),
  initiator: network(child(element('initiator', { iqn: only('name', text) }))),
  ssl: network(child(element('ssl', { verify: attr(yesNo).must() }))),
  cookies: network(wrapped('cookies', storageCookie).printWhen('secure')),
  readahead: network(only('size', ulong)),
  timeout: network(only('seconds', ulong)),
  identity: network(
    child(
      element('identity', {
        user: attr(text),
        group: attr(text),
        username: attr(text),
        keyfile: attr(text),
        agentsock: attr(text),
      }),
    ),
  ),
  reconnect: by('type', {
    network: child(element('reconnect', { delay: attr(uint) })),
    vhostuser: child(reconnect),
  }),
  knownHosts: network(only('path', text)),
  address: child(hostPciAddress).where('type', 'nvme'),
  slices: wrapped('slices', storageSlice),
  seclabels: children(deviceSeclabel),
  auth: child(storageAuth),
  encryption: child(storageEncryption),
  reservations: child(storageReservations),
  dataStore: child(() => storageDataStore),
  privateData: extension('storageSource').when('status'),
})
  .finish(checkPlace)
  .strict(({ attributes, children }) => {
    const protocol = attributes.get('protocol')
    if (protocol === undefined || protocol === 'rbd') return undefined
    if (!children.has('host')) return 'host is missing'
    return attributes.has('name') || protocol === 'nbd' ? undefined : 'name is missing'
  })

/** Data of an image that stand in a file of their own. */
export const storageDataStore: Element = element('dataStore', {
  type: tagOf('source', 'type', storageType, storageSource).required(),
  format: child(storageFormatElement).required('missing data file store format'),
  source: child(storageSource).required('missing disk data file store source'),
})
