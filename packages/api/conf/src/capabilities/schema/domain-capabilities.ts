// SPDX-License-Identifier: LGPL-2.1-or-later
// <domainCapabilities>: what one emulator can give a guest. An enum lists the values that an attribute may have.
import { cpuFeature, cpuModel } from '../../domain/schema/cpu.js'
import {
  attr,
  body,
  child,
  children,
  choices,
  type Element,
  element,
  type Field,
  leaf,
  leaves,
  scaled,
  scaledAttr,
  wrapped,
} from '../../lang/field.js'
import { absolutePath } from '../../lang/forms.js'
import { inKiB } from '../../lang/scale.js'
import { oneOf, text, uint, yesNo } from '../../lang/value.js'

/** Values that an attribute may have. */
export const capabilityEnum: Element = element('enum', {
  name: attr(text).required(),
  values: leaves(text).as('value'),
})

const supported = attr(yesNo).must()
const enums = children(capabilityEnum)

/** An element that a guest can have or not, and the values of its attributes. */
export const capabilityDevice: Element = element('device', { supported, enums })
export const capabilityFeature: Element = element('feature', { supported })

const device = (name: string): Field => child(capabilityDevice).as(name)
const feature = (name: string): Field => child(capabilityFeature).as(name)

export const capabilityLoader: Element = element('loader', {
  supported,
  values: leaves(text).as('value'),
  enums,
}).ordered()
export const capabilityOs: Element = element('os', { supported, enums, loader: child(capabilityLoader) })

/** A CPU model by name, and whether this host can be it. */
export const capabilityCpuModel: Element = element('model', {
  usable: attr(oneOf('yes', 'no', 'unknown')).must(),
  deprecated: attr(yesNo).omit(false),
  vendor: attr(text).must(),
  canonical: attr(text),
  name: body(text),
})
/** Features that keep a model from being used. */
export const capabilityCpuBlockers: Element = element('blockers', {
  model: attr(text).must(),
  features: children(element('feature', { name: attr(text).must() })).must(),
})

const inHostModel = (field: Field): Field => field.where('name', 'host-model')

export const capabilityCpuMode: Element = element('mode', {
  name: attr(oneOf('host-passthrough', 'maximum', 'host-model', 'custom')).required(),
  supported,
  enums: children(capabilityEnum).where('name', 'host-passthrough', 'maximum'),
  model: inHostModel(child(cpuModel)),
  vendor: inHostModel(leaf(text)),
  maxphysaddr: inHostModel(
    child(element('maxphysaddr', { mode: attr(oneOf('emulate', 'passthrough')), bits: attr(uint), limit: attr(uint) })),
  ),
  features: inHostModel(children(cpuFeature)),
  models: choices('kind', capabilityCpuModel, capabilityCpuBlockers).where('name', 'custom'),
}).ordered(({ values }) => values.get('name') === 'host-model')

export const capabilityDevices: Element = element('devices', {
  disk: device('disk'),
  graphics: device('graphics'),
  video: device('video'),
  hostdev: device('hostdev'),
  rng: device('rng'),
  filesystem: device('filesystem'),
  tpm: device('tpm'),
  redirdev: device('redirdev'),
  channel: device('channel'),
  crypto: device('crypto'),
  interface: device('interface'),
  panic: device('panic'),
})
  .keepOpen()
  .ordered()

export const capabilitySev: Element = element('sev', {
  supported,
  cbitpos: leaf(uint),
  reducedPhysBits: leaf(uint),
  maxGuests: leaf(uint),
  maxESGuests: leaf(uint),
  cpu0Id: leaf(text),
})
export const capabilitySgx: Element = element('sgx', {
  supported,
  flc: leaf(yesNo),
  sgx1: leaf(yesNo),
  sgx2: leaf(yesNo),
  sectionSize: scaled(inKiB).as('section_size'),
  sections: wrapped('sections', element('section', { node: attr(uint), size: scaledAttr(inKiB) })),
})

export const capabilityFeatures: Element = element('features', {
  gic: device('gic'),
  vmcoreinfo: feature('vmcoreinfo'),
  genid: feature('genid'),
  backingStoreInput: feature('backingStoreInput'),
  backup: feature('backup'),
  asyncTeardown: feature('async-teardown'),
  s390Pv: feature('s390-pv'),
  ps2: feature('ps2'),
  sev: child(capabilitySev),
  sgx: child(capabilitySgx),
  hyperv: device('hyperv'),
  launchSecurity: device('launchSecurity'),
})
  .keepOpen()
  .ordered()

export const domainCapabilities: Element = element('domainCapabilities', {
  path: leaf(absolutePath).doc('the emulator'),
  domain: leaf(text).must().doc('type of the domain'),
  machine: leaf(text),
  arch: leaf(text).must(),
  vcpu: child(element('vcpu', { max: attr(uint).must() })),
  iothreads: child(capabilityFeature).as('iothreads'),
  os: child(capabilityOs),
  cpu: child(element('cpu', { modes: children(capabilityCpuMode) })),
  memoryBacking: device('memoryBacking'),
  devices: child(capabilityDevices),
  features: child(capabilityFeatures),
}).keepOpen()
