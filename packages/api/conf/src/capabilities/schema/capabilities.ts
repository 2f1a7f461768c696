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
import { absolutePath, architecture, form } from '../../lang/forms.js'
import { inKiB, pretty } from '../../lang/scale.js'
import { numberSet, oneOf, onOff, text, uint, ulong, uuid, type Value, yesNo } from '../../lang/value.js'
import type { CapabilitiesCellCpus, CapabilitiesCells } from '../types.gen.js'

const unit = attr(form(oneOf('KiB'), /([bB]([yY][tT][eE][sS]?)?)|([kKmMgGtTpPeE]([iI]?[bB])?)/)).default('KiB')

/** The processor of the host, as guests can be given it. */
export const capabilitiesCpu: Element = element('cpu', {
  arch: leaf(architecture).must(),
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
}).strict(({ attributes }) => (attributes.size === 1 || attributes.size === 6 ? undefined : 'the place is not whole'))

export const capabilitiesCellCpus: Element = element('cpus', {
  num: attr(uint)
    .must()
    .show((all: CapabilitiesCellCpus) => all.cpus.length),
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
}).ordered()

export const capabilitiesCells: Element = element('cells', {
  num: attr(uint)
    .must()
    .show((all: CapabilitiesCells) => all.cells.length),
  cells: children(capabilitiesCell).must(),
})

const cacheType: Value = oneOf('both', 'code', 'data')

/** What of the host can be watched while guests use it. */
export const capabilitiesMonitor: Element = element('monitor', {
  level: attr(uint).omit(0),
  reuseThreshold: attr(uint).omit(0),
  maxMonitors: attr(uint).must(),
  features: children(element('feature', { name: attr(form(text, /(llc_|mbm_)[a-zA-Z0-9\-_]+/)).must() })).must(),
})

export const capabilitiesCache: Element = element('cache', {
  banks: children(
    element('bank', {
      id: attr(uint).required(),
      level: attr(uint).required(),
      type: attr(cacheType).required(),
      size: scaledAttr(pretty).must().doc('bytes'),
      cpus: attr(numberSet).must(),
      controls: children(
        element('control', {
          granularity: attr(ulong).must(),
          min: attr(ulong).omit(0n),
          unit: attr(text).must(),
          type: attr(cacheType).must(),
          maxAllocs: attr(uint).must(),
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
  model: leaf(text).must(),
  doi: leaf(text).must(),
  baselabels: children(element('baselabel', { type: attr(text), label: body(text) })),
})

export const capabilitiesHost: Element = element('host', {
  uuid: leaf(uuid),
  cpu: child(capabilitiesCpu).must(),
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
}).ordered()

/** A machine that a guest can be. */
export const guestMachine: Element = element('machine', {
  canonical: attr(text),
  maxCpus: attr(uint).omit(0),
  deprecated: attr(yesNo).omit(false),
  name: body(text),
})

const platform = { emulator: leaf(absolutePath), loader: leaf(absolutePath), machines: children(guestMachine) }
const toggle = (name: string): Element => element(name, { default: attr(onOff).must(), toggle: attr(yesNo).must() })

/** An architecture and kind of operating system that guests may have. */
export const capabilitiesGuest: Element = element('guest', {
  osType: leaf(form(text, /\s*(xen|linux|hvm|exe|uml)\s*/))
    .as('os_type')
    .must(),
  arch: child(
    element('arch', {
      name: attr(architecture).must(),
      wordsize: leaf(form(uint, /\s*(31|32|64)\s*/)).must(),
      ...platform,
      domains: children(
        element('domain', {
          type: attr(form(text, /\s*(qemu|kqemu|kvm|xen|uml|lxc|openvz|test|hvf)\s*/)).must(),
          ...platform,
        }).ordered(),
      ).must(),
    }).ordered(),
  ).must(),
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
  host: child(capabilitiesHost).must(),
  guests: children(capabilitiesGuest),
})
  .spaced()
  .ordered()
