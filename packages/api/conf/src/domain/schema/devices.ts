// SPDX-License-Identifier: LGPL-2.1-or-later
// The smaller devices: input, hub, watchdog, balloon, RNG, TPM, shared memory, panic, IOMMU, vsock and their like.

import {
  attr,
  body,
  child,
  children,
  type Element,
  element,
  extension,
  type Field,
  flag,
  general,
  leaf,
  leaves,
  only,
  scaled,
  scaledAttr,
} from '../../lang/field.js'
import { absoluteFolder, absolutePath, form, genericName } from '../../lang/forms.js'
import { inKiB } from '../../lang/scale.js'
import {
  hexLong,
  int,
  narrow,
  numberSet,
  oneOf,
  onOff,
  text,
  uint,
  uintAny,
  ulong,
  uuid,
  type Value,
  yesNo,
} from '../../lang/value.js'
import type { ReadContext } from '../../runtime/context.js'
import type { Input, Memballoon, Shmem } from '../types.gen.js'
import { chardevBackend, chardevSource, chardevType, unknownBackend } from './chardev.js'
import { virtioModel } from './controller.js'
import { deviceInfo, internal, unknown, unsupported, virtioDriver, virtioOptions } from './device.js'

export const input: Element = element('input', {
  type: attr(oneOf('mouse', 'tablet', 'keyboard', 'passthrough', 'evdev'))
    .required(internal('missing input device type'))
    .bad(unknown('input device type')),
  bus: attr(oneOf('default', 'ps2', 'usb', 'xen', 'parallels', 'virtio', 'none'))
    .if((device: { type: string }) => device.type !== 'evdev')
    .bad(unknown('input bus type')),
  model: attr(virtioModel).bad(unknown('input model')),
  driver: child(virtioDriver),
  source: child(
    element('source', {
      dev: attr(absolutePath),
      evdev: attr(absolutePath),
      grab: attr(oneOf('default', 'all')).omit('default'),
      grabToggle: attr(
        oneOf('default', 'ctrl-ctrl', 'alt-alt', 'shift-shift', 'meta-meta', 'scrolllock', 'ctrl-scrolllock'),
      ).omit('default'),
      repeat: attr(onOff),
    }),
  ),
  ...deviceInfo,
}).finish(({ type, source }: Input, context: ReadContext) => {
  if (source === undefined) return
  const path = type === 'passthrough' ? source.evdev : type === 'evdev' ? source.dev : ''
  if (path === undefined) context.fail('Missing evdev path for input device')
})

export const hub: Element = element('hub', {
  type: attr(oneOf('usb')).required(internal('missing hub device type')).bad(unknown('hub device type')),
  ...deviceInfo,
})

export const watchdog: Element = element('watchdog', {
  model: attr(oneOf('i6300esb', 'ib700', 'diag288', 'itco')).required(),
  action: attr(oneOf('reset', 'shutdown', 'poweroff', 'pause', 'dump', 'none', 'inject-nmi')).default('reset'),
  ...deviceInfo,
})

export const memballoon: Element = element('memballoon', {
  model: attr(oneOf('virtio', 'xen', 'none', 'virtio-transitional', 'virtio-non-transitional')).required(),
  autodeflate: attr(onOff),
  freePageReporting: attr(onOff),
  stats: only(
    'period',
    narrow(int, (period: number) => period >= 0),
  ).omit(0),
  ...deviceInfo,
  driver: child(virtioDriver),
}).finish((balloon: Memballoon) => {
  // Without a device there is nothing to have a place or a name.
  if (balloon.model === 'none') for (const key of ['address', 'alias', 'acpi'] as const) delete balloon[key]
})

export const rngBackend: Element = element('backend', {
  model: attr(oneOf('random', 'egd', 'builtin')).required(),
  type: attr(chardevType).bad({ number: unsupported, message: "unknown backend type '%s' for egd" }),
  device: body(text),
  sources: children(chardevSource).as('source'),
  protocol: chardevBackend.protocol as Field,
  log: chardevBackend.log as Field,
})

export const rng: Element = element('rng', {
  model: attr(virtioModel).required(),
  rate: child(
    element('rate', {
      bytes: attr(uint).must().bad('invalid RNG rate bytes value'),
      period: attr(uint).bad('invalid RNG rate period value').omit(0),
    }),
  ),
  backend: child(rngBackend).required('only one RNG backend is supported').once('only one RNG backend is supported'),
  driver: child(virtioDriver),
  ...deviceInfo,
})

export const panic: Element = element('panic', {
  model: attr(oneOf('default', 'isa', 'pseries', 'hyperv', 's390', 'pvpanic'))
    .omit('default')
    .bad(unknown('panic model')),
  ...deviceInfo,
})

export const nvramDevice: Element = element('nvram', { ...deviceInfo }).keepOpen()

export const shmem: Element = element('shmem', {
  name: attr(form(text, /[^/]*/)).required("shmem element must contain 'name' attribute"),
  role: attr(oneOf('default', 'master', 'peer')).omit('default'),
  model: only('type', oneOf('ivshmem', 'ivshmem-plain', 'ivshmem-doorbell')),
  size: scaled({ standard: 1n, step: 1n, unit: 'M', shown: 1048576n }),
  server: child(element('server', { path: attr(text) }).keepEmpty()),
  msi: child(element('msi', { vectors: attr(uint).omit(0), ioeventfd: attr(onOff) }).keepEmpty()),
  ...deviceInfo,
}).finish(({ msi, server }: Shmem, context: ReadContext) => {
  if (msi !== undefined && server === undefined) context.fail('msi option is only supported with a server')
})

export const iommu: Element = element('iommu', {
  model: attr(oneOf('intel', 'smmuv3', 'virtio')).required(),
  driver: child(
    element('driver', {
      intremap: attr(onOff),
      caching_mode: attr(onOff),
      eim: attr(onOff),
      iotlb: attr(onOff),
      aw_bits: attr(form(uint, /0x[0-9a-fA-F]{1,2}|1?[0-9]{1,2}|2[0-4][0-9]|25[0-5]/)).omit(0),
      dma_translation: attr(onOff),
    }),
  ),
  ...deviceInfo,
})

export const vsock: Element = element('vsock', {
  model: attr(oneOf('default', 'virtio', 'virtio-transitional', 'virtio-non-transitional')).omit('default'),
  cid: child(element('cid', { auto: attr(yesNo), address: attr(uint).omit(0) })),
  ...deviceInfo,
  driver: child(virtioDriver),
})

export const crypto: Element = element('crypto', {
  model: attr(oneOf('virtio')).required(),
  type: attr(oneOf('qemu')).required(),
  backend: child(
    element('backend', { model: attr(oneOf('builtin', 'lkcf')).required(), queues: attr(uint).omit(0) }),
  ).required('only one crypto backend is supported'),
  driver: child(virtioDriver),
  ...deviceInfo,
})

export const pstore: Element = element('pstore', {
  backend: attr(oneOf('acpi-erst')).required(),
  path: leaf(text).must(),
  size: scaled(inKiB).required(general("missing element or attribute './size'")),
  ...deviceInfo,
})

export const redirdev: Element = element('redirdev', {
  bus: attr(oneOf('usb')).default('usb').must().bad(unknown('redirdev bus')),
  ...chardevBackend,
  type: attr(chardevType).required(internal('missing type in redirdev')).bad(unknown('redirdev character device type')),
  ...deviceInfo,
})

/** A USB version as libvirt prints it: two digits after the point. */
const usbVersion: Value = {
  ts: 'string',
  json: { type: 'string' },
  parse: (raw) => {
    if (raw === '-1') return raw
    const match = /^(\d{1,2})\.(\d{1,2})$/.exec(raw)
    if (!match) return undefined
    const [, major = '', minor = ''] = match
    return `${Number(major)}.${minor.padEnd(2, '0')}`
  },
  plain: true,
}
/** A number of the USB world, or -1 for any. */
const usbNumber = (digits: number): Value => ({
  ts: 'number',
  json: { type: 'integer' },
  parse: (raw) => (raw === '-1' ? -1 : uintAny.parse(raw)),
  print: (value: number) => (value < 0 ? '-1' : `0x${value.toString(16).toUpperCase().padStart(digits, '0')}`),
  plain: true,
})

export const usbFilter: Element = element('usbdev', {
  class: attr(narrow(usbNumber(2), (code: number) => code <= 0xff))
    .omit(-1)
    .bad(internal('Invalid USB Class code %s')),
  vendor: attr(usbNumber(4)).omit(-1).bad({ number: 1, message: 'cannot parse USB vendor ID %s' }),
  product: attr(usbNumber(4)).omit(-1).bad({ number: 1, message: 'cannot parse USB product ID %s' }),
  version: attr(usbVersion).omit('-1').bad('Cannot parse USB device version %s'),
  allow: attr(yesNo).required(),
})
export const redirfilter: Element = element('redirfilter', { usbdevs: children(usbFilter) })

export const smartcard: Element = element('smartcard', {
  mode: attr(oneOf('host', 'host-certificates', 'passthrough')).required(),
  ...chardevBackend,
  type: attr(chardevType).bad(unknownBackend),
  certificates: leaves(text).as('certificate'),
  database: leaf(text),
  ...deviceInfo,
})

export const tpmBackend: Element = element('backend', {
  type: attr(oneOf('passthrough', 'emulator', 'external')).required(),
  version: attr(oneOf('default', '1.2', '2.0'))
    .where('type', 'emulator')
    .anywhere()
    .omit('default'),
  persistent_state: attr(yesNo)
    .where('type', 'emulator')
    .omit(false)
    .bad(internal("Invalid persistent_state value, either 'yes' or 'no'")),
  debug: attr(uint).where('type', 'emulator').omit(0),
  device: only('path', text).where('type', 'passthrough').may(),
  source: child(
    element('source', { type: attr(oneOf('unix', 'file', 'dir')), mode: attr(text), path: attr(text) }),
  ).where('type', 'external', 'emulator'),
  encryption: only('secret', uuid).where('type', 'emulator').bad(internal("Unable to parse secret uuid '%s'")),
  active_pcr_banks: child(
    element('active_pcr_banks', { sha1: flag(), sha256: flag(), sha384: flag(), sha512: flag() }),
  ).where('type', 'emulator'),
  profile: child(
    element('profile', {
      source: attr(text),
      removeDisabled: attr(oneOf('none', 'check', 'fips-host')).omit('none'),
      name: attr(text),
    }),
  ).where('type', 'emulator'),
})

export const tpm: Element = element('tpm', {
  model: attr(oneOf('default', 'tpm-tis', 'tpm-crb', 'tpm-spapr', 'spapr-tpm-proxy')).omit('default'),
  backend: child(tpmBackend).required('missing TPM device backend').once('only one TPM backend is supported'),
  ...deviceInfo,
  privateData: extension('tpm').when('status'),
})

export const memoryDeviceSource: Element = element('source', {
  nodemask: leaf(numberSet),
  pagesize: scaled(inKiB),
  path: leaf(text),
  alignsize: scaled(inKiB),
  pmem: flag(),
})
export const memoryDeviceTarget: Element = element('target', {
  dynamicMemslots: attr(yesNo),
  size: scaled(inKiB).required(general("missing element or attribute './size'")),
  node: leaf(uint),
  label: child(element('label', { size: scaled(inKiB) })),
  readonly: flag(),
  block: scaled(inKiB),
  requested: scaled(inKiB),
  current: scaled(inKiB).when('live'),
  address: only('base', hexLong(1)),
})
export const memoryDevice: Element = element('memory', {
  model: attr(oneOf('dimm', 'nvdimm', 'virtio-pmem', 'virtio-mem', 'sgx-epc')).required(),
  access: attr(oneOf('shared', 'private')),
  discard: attr(yesNo),
  uuid: leaf(uuid),
  source: child(memoryDeviceSource),
  target: child(memoryDeviceTarget).required('missing <target> element for <memory> device'),
  ...deviceInfo,
})

const mapped = (): Field =>
  attr(uint).required('invalid idmap start/target/count settings').bad('invalid idmap start/target/count settings')
export const filesystemIdMap: Element = element('uid', {
  start: mapped(),
  target: mapped(),
  count: mapped(),
})
/** Which ids of the container are which of the host. */
export const idmap: Element = element('idmap', {
  uids: children(filesystemIdMap).as('uid'),
  gids: children(filesystemIdMap).as('gid'),
})

const octal: Value = {
  ts: 'number',
  json: { type: 'integer' },
  parse: (raw) => (/^[0-7]{1,4}$/.test(raw) && Number.parseInt(raw, 8) <= 0o777 ? Number.parseInt(raw, 8) : undefined),
  print: (value: number) => value.toString(8).padStart(4, '0'),
  plain: true,
  expected: '. Expected non-negative integer value',
}

/** libvirt's error about access bits that are none, or too many. */
const badMode =
  (name: string) =>
  (raw: string): string | undefined =>
    /^[0-7]+$/.test(raw) ? `invalid ${name}: '0${raw}'` : undefined

export const filesystemBinary: Element = element('binary', {
  path: attr(absolutePath),
  xattr: attr(onOff),
  cache: only('mode', oneOf('none', 'always')),
  sandbox: only('mode', oneOf('namespace', 'chroot')),
  lock: child(element('lock', { posix: attr(onOff), flock: attr(onOff) })),
  thread_pool: only('size', int).bad("cannot parse thread pool size '%s' for virtiofs"),
  openfiles: only('max', ulong),
})

/** By the type of a file system: what its source has exactly one of. */
const sourceParts: Readonly<Record<string, readonly string[]>> = {
  file: ['file'],
  block: ['dev'],
  mount: ['dir', 'socket'],
  bind: ['dir'],
  template: ['name'],
  ram: ['usage'],
}

export const filesystemSource: Element = element('source', {
  file: attr(absolutePath),
  dev: attr(absolutePath),
  dir: attr(absoluteFolder),
  socket: attr(absolutePath),
  name: attr(genericName),
  usage: scaledAttr(inKiB, 'units').bad("cannot parse usage '%s' for RAM filesystem"),
  pool: attr(text),
  volume: attr(text),
}).strict(({ attributes, outer }) => {
  const type = outer.get('type') ?? 'mount'
  const names = sourceParts[type]
  const found = [...attributes.keys()].filter((name) => name !== 'units')
  return names === undefined || (found.length === 1 && names.includes(found[0] as string))
    ? undefined
    : `a source of type ${type} has one of ${names.join(', ')}`
})

export const filesystem: Element = element('filesystem', {
  type: attr(oneOf('mount', 'block', 'file', 'template', 'ram', 'bind', 'volume')).default('mount'),
  accessmode: attr(oneOf('passthrough', 'mapped', 'squash')),
  model: attr(virtioModel),
  multidevs: attr(form(oneOf('default', 'remap', 'forbid', 'warn'), /default|remap|forbid|warn/)).omit('default'),
  fmode: attr(octal).bad(badMode('fmode')),
  dmode: attr(octal).bad(badMode('dmode')),
  driver: child(
    element('driver', {
      type: attr(oneOf('default', 'path', 'handle', 'loop', 'nbd', 'ploop', 'virtiofs', 'mtp')).omit('default'),
      format: attr(text),
      wrpolicy: attr(oneOf('default', 'immediate')).omit('default'),
      queue: attr(ulong).omit(0n),
      ...virtioOptions,
    }),
  ),
  binary: child(filesystemBinary),
  idmap: child(idmap),
  source: child(filesystemSource).must(),
  target: only('dir', text).must(),
  readonly: flag(),
  space_hard_limit: scaled({ standard: 1n, step: 1n, unit: 'bytes' }),
  space_soft_limit: scaled({ standard: 1n, step: 1n, unit: 'bytes' }),
  ...deviceInfo,
})
