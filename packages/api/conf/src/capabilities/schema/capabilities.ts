// SPDX-License-Identifier: LGPL-2.1-or-later
// <capabilities>: the host, and what guests its hypervisor runs.

import { hostModel } from '../../cpu/schema.js'
import { numaCache, numaInterconnects } from '../../domain/schema/cpu.js'
import {
  attr,
  body,
  child,
  children,
  type Element,
  element,
  flag,
  leaf,
  scaled,
  scaledAttr,
  wrapped,
} from '../../lang/field.js'
import { inKiB, pretty } from '../../lang/scale.js'
import { numberSet, oneOf, onOff, text, uint, ulong, uuid, type Value, yesNo } from '../../lang/value.js'
import type { CapabilitiesCellCpus, CapabilitiesCells } from '../types.gen.js'

const unit = attr(oneOf('KiB')).default('KiB')

/** The processor of the host, as guests can be given it. */
export const capabilitiesCpu: Element = element('cpu', {
  arch: leaf(text),
  abilities: child(element('features', { pae: flag(), nonpae: flag(), vmx: flag(), svm: flag() })).doc(
    'of old hypervisors',
  ),
  ...hostModel,
  pages: children(element('pages', { unit, size: attr(ulong).required().doc('of a page, in KiB') })),
})

/** A processor with its place; without one when it is offline. */
export const capabilitiesProcessor: Element = element('cpu', {
  id: attr(uint).required(),
  socketId: attr(uint).as('socket_id'),
  dieId: attr(uint).as('die_id'),
  clusterId: attr(uint).as('cluster_id'),
  coreId: attr(uint).as('core_id'),
  siblings: attr(numberSet),
})

export const capabilitiesCellCpus: Element = element('cpus', {
  num: attr(uint).show((all: CapabilitiesCellCpus) => all.cpus.length),
  cpus: children(capabilitiesProcessor),
})

/** A NUMA node of the host. */
export const capabilitiesCell: Element = element('cell', {
  id: attr(uint).required(),
  memory: scaled(inKiB),
  pages: children(
    element('pages', { unit, size: attr(ulong).required().doc('of a page, in KiB'), count: body(ulong) }),
  ),
  distances: wrapped('distances', element('sibling', { id: attr(uint).required(), value: attr(uint).required() })),
  caches: children(numaCache),
  cpus: child(capabilitiesCellCpus),
})

export const capabilitiesCells: Element = element('cells', {
  num: attr(uint).show((all: CapabilitiesCells) => all.cells.length),
  cells: children(capabilitiesCell),
})

const cacheType: Value = oneOf('both', 'code', 'data')

/** What of the host can be watched while guests use it. */
export const capabilitiesMonitor: Element = element('monitor', {
  level: attr(uint).omit(0),
  reuseThreshold: attr(uint).omit(0),
  maxMonitors: attr(uint),
  features: children(element('feature', { name: attr(text) })),
})

export const capabilitiesCache: Element = element('cache', {
  banks: children(
    element('bank', {
      id: attr(uint).required(),
      level: attr(uint).required(),
      type: attr(cacheType).required(),
      size: scaledAttr(pretty).doc('bytes'),
      cpus: attr(numberSet),
      controls: children(
        element('control', {
          granularity: attr(ulong),
          min: attr(ulong).omit(0n),
          unit: attr(text),
          type: attr(cacheType),
          maxAllocs: attr(uint),
        }),
      ),
    }),
  ),
  monitor: child(capabilitiesMonitor),
})

export const capabilitiesMemoryBandwidth: Element = element('memory_bandwidth', {
  nodes: children(
    element('node', {
      id: attr(uint).required(),
      cpus: attr(numberSet),
      controls: children(
        element('control', { granularity: attr(uint).doc('percent'), min: attr(uint).omit(0), maxAllocs: attr(uint) }),
      ),
    }),
  ),
  monitor: child(capabilitiesMonitor),
})

export const securityModel: Element = element('secmodel', {
  model: leaf(text),
  doi: leaf(text),
  baselabels: children(element('baselabel', { type: attr(text), label: body(text) })),
})

export const capabilitiesHost: Element = element('host', {
  uuid: leaf(uuid),
  cpu: child(capabilitiesCpu),
  powerManagement: child(
    element('power_management', {
      suspendMem: flag().as('suspend_mem'),
      suspendDisk: flag().as('suspend_disk'),
      suspendHybrid: flag().as('suspend_hybrid'),
    }).keepEmpty(),
  ),
  iommu: child(element('iommu', { support: attr(yesNo) })),
  migrationFeatures: child(
    element('migration_features', {
      live: flag(),
      uriTransports: wrapped('uri_transports', element('uri_transport', { name: body(text) })),
    }).keepOpen(),
  ),
  netprefix: leaf(text),
  topology: child(element('topology', { cells: child(capabilitiesCells), interconnects: child(numaInterconnects) })),
  cache: child(capabilitiesCache),
  memoryBandwidth: child(capabilitiesMemoryBandwidth),
  securityModels: children(securityModel),
})

/** A machine that a guest can be. */
export const guestMachine: Element = element('machine', {
  canonical: attr(text),
  maxCpus: attr(uint).omit(0),
  deprecated: attr(yesNo).omit(false),
  name: body(text),
})

const platform = { emulator: leaf(text), loader: leaf(text), machines: children(guestMachine) }
const toggle = (name: string): Element => element(name, { default: attr(onOff), toggle: attr(yesNo) })

/** An architecture and kind of operating system that guests may have. */
export const capabilitiesGuest: Element = element('guest', {
  osType: leaf(text).as('os_type'),
  arch: child(
    element('arch', {
      name: attr(text),
      wordsize: leaf(uint),
      ...platform,
      domains: children(element('domain', { type: attr(text), ...platform })),
    }),
  ),
  features: child(
    element('features', {
      pae: flag(),
      nonpae: flag(),
      ia64Be: flag().as('ia64_be'),
      acpi: child(toggle('acpi')),
      apic: child(toggle('apic')),
      cpuselection: flag(),
      deviceboot: flag(),
      disksnapshot: child(toggle('disksnapshot')),
      hap: child(toggle('hap')),
      externalSnapshot: flag(),
    }),
  ),
})

export const capabilities: Element = element('capabilities', {
  host: child(capabilitiesHost),
  guests: children(capabilitiesGuest),
}).spaced()
