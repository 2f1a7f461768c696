// SPDX-License-Identifier: LGPL-2.1-or-later
// Architectures whose processors only the hypervisor knows: a guest with the host's model is given it, the rest is passed on.
import { ErrorNumber } from '@virt/core'
import type { Cpu } from '../domain/types.gen.js'
import { type AnyCpu, cpuError, featuresOf, modelOf, remodel, withPolicies } from './definition.js'

const unsupported = (message: string) => cpuError(ErrorNumber.CONFIG_UNSUPPORTED, message)

function takeHost(guest: Cpu, host: AnyCpu | undefined, keepFeatures: boolean): Cpu {
  if (!host) throw unsupported('unknown host CPU model')
  const features = withPolicies(featuresOf(host), keepFeatures ? featuresOf(guest) : [])
  const updated = remodel(guest, { name: modelOf(host), vendor: host.vendor, features })
  return { ...updated, mode: 'custom', match: 'exact' }
}

/** Only a guest with the host's model depends on the host; what it says of features is not kept. */
export function updatePlain(guest: Cpu, host: AnyCpu | undefined): Cpu {
  return guest.mode === 'host-model' ? takeHost(guest, host, false) : guest
}

/** s390: no guest of its own model can depend on the host. */
export function updateS390(guest: Cpu, host: AnyCpu | undefined, relative: boolean): Cpu {
  if (!relative) return guest
  if (guest.mode === 'custom')
    throw unsupported(
      guest.match === 'minimum' ? `match mode ${guest.match} not supported` : 'optional CPU features are not supported',
    )
  return takeHost(guest, host, true)
}

/** @throws VirtError unsupported configuration: a feature is optional */
export function validateS390(cpu: AnyCpu): void {
  const optional = featuresOf(cpu).find(({ policy }) => policy === 'optional')
  if (optional)
    throw unsupported(`only cpu feature policies 'require' and 'disable' are supported for ${optional.name}`)
}

/** IBM makes all that are called z or gen. */
export function vendorS390(model: string): string | undefined {
  return /^(?:z|gen)/.test(model) ? 'IBM' : undefined
}
