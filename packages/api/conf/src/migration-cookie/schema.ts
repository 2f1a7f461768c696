// SPDX-License-Identifier: LGPL-2.1-or-later
// <qemu-migration>: what the two ends of a migration tell each other beside the guest's definition.
import { cpu } from '../domain/schema/cpu.js'
import { domain } from '../domain/schema/domain.js'
import { attr, child, children, type Element, element, type Fields, leaf, only, wrapped } from '../lang/field.js'
import { int, long, oneOf, text, uint, ulong, uuid, yesNo } from '../lang/value.js'

export const cookieFeature: Element = element('feature', { name: attr(text).required('missing feature name') })

export const cookieGraphics: Element = element('graphics', {
  type: attr(text).required(),
  port: attr(int).required(),
  listen: attr(text).required(),
  tlsPort: attr(int),
  certs: children(element('cert', { info: attr(text).required(), value: attr(text).required() })),
})

const counters = (...names: string[]): Fields => Object.fromEntries(names.map((name) => [name, leaf(ulong)]))

/** How far the migration had come when it left, in the units the names of libvirt's statistics have. */
export const cookieStatistics: Element = element('statistics', {
  ...counters('started', 'stopped', 'sent'),
  delta: leaf(long),
  ...counters(
    'time_elapsed',
    'time_remaining',
    'downtime',
    'setup_time',
    'memory_total',
    'memory_processed',
    'memory_remaining',
    'memory_bps',
    'memory_constant',
    'memory_normal',
    'memory_normal_bytes',
    'memory_dirty_rate',
    'memory_iteration',
    'memory_postcopy_requests',
    'memory_page_size',
    'disk_total',
    'disk_processed',
    'disk_remaining',
    'disk_bps',
    'compression_cache',
    'compression_bytes',
    'compression_pages',
    'compression_cache_misses',
    'compression_overflow',
    'auto_converge_throttle',
  ),
})

export const cookieCapability: Element = element('cap', { name: attr(text).required(), auto: attr(yesNo).required() })

export const cookieBitmapDisk: Element = element('disk', {
  target: attr(text).required(),
  bitmaps: children(
    element('bitmap', {
      name: attr(text).required(),
      alias: attr(text).required(),
      granularity: attr(uint),
      persistent: attr(yesNo),
    }),
  ),
})

export const root: Element = element('qemu-migration', {
  name: leaf(text).required('missing name element in migration data'),
  uuid: leaf(uuid).required('missing uuid element in migration data'),
  hostname: leaf(text).required('missing hostname element in migration data'),
  hostuuid: leaf(uuid).required('missing hostuuid element in migration data'),
  features: children(cookieFeature),
  graphics: child(cookieGraphics),
  lockstate: child(element('lockstate', { driver: attr(text), leases: leaf(text) })),
  domain: child(domain),
  network: child(
    element('network', {
      interfaces: children(
        element('interface', { index: attr(uint).required(), vporttype: attr(text).required(), portdata: leaf(text) }),
      ),
    }),
  ),
  nbd: child(
    element('nbd', {
      port: attr(uint),
      disks: children(element('disk', { target: attr(text).required(), capacity: attr(ulong).required() })),
    }),
  ),
  statistics: child(cookieStatistics),
  cpu: child(cpu),
  allowReboot: only('value', oneOf('yes', 'no')),
  capabilities: child(element('capabilities', { caps: children(cookieCapability) }).keepOpen()),
  blockDirtyBitmaps: wrapped('blockDirtyBitmaps', cookieBitmapDisk),
}).named('MigrationCookie')
