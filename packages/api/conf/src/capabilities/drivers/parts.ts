// SPDX-License-Identifier: LGPL-2.1-or-later
// What documents of simple hypervisors share: devices as lists of values, and all that a guest cannot have.
import type { CapabilityCpuMode, CapabilityDevice, CapabilityFeatures } from '../types.gen.js'

/** A device or feature that guests cannot have. */
export const lacking: CapabilityDevice = { supported: false, enums: [] }

/** A device that guests can have, and the values of its attributes. */
export function offered(enums: Readonly<Record<string, readonly string[]>>): CapabilityDevice {
  return { supported: true, enums: Object.entries(enums).map(([name, values]) => ({ name, values: [...values] })) }
}

/** Nothing is said of a guest's processor. */
export function noCpuModes(): CapabilityCpuMode[] {
  return [
    { name: 'host-passthrough', supported: false, enums: [] },
    { name: 'maximum', supported: false, enums: [] },
    { name: 'host-model', supported: false, features: [] },
    { name: 'custom', supported: false, models: [] },
  ]
}

/** The features that every driver says something of. */
export function noFeatures(): CapabilityFeatures {
  return {
    gic: lacking,
    vmcoreinfo: { supported: false },
    genid: { supported: false },
    sev: { supported: false },
    sgx: { supported: false, sections: [] },
  }
}
