// SPDX-License-Identifier: GPL-2.0-or-later
// The host's processor in capabilities, beside a real libvirtd on the same host.
import {
  type CapabilitiesCpu,
  type CapabilitiesGuest,
  type CapabilitiesHost,
  capabilities,
  cpuModels,
} from '@virt/conf'
import { connect } from '@virt/core'
import { remote } from '@virt/remote'
import { describe, expect, it } from 'vitest'
import { ensure } from '../../../../../tools/setup/system-parts.mjs'
import { startLibvirtd, startVirtd } from '../peers.mjs'

const parts = await Promise.all(['qemu', 'libvirtd'].map((part) => ensure(part)))
const ready = parts.every(({ ok }) => ok)
if (!ready) console.error(`SKIPPED: the host's processor compared with libvirtd's`)

interface Found {
  readonly host: CapabilitiesHost & { readonly cpu: CapabilitiesCpu }
  readonly guests: readonly CapabilitiesGuest[]
}

async function capabilitiesOf(socket: string): Promise<Found> {
  const conn = await connect(`qemu+unix:///system?socket=${socket}`, { drivers: [remote()] })
  try {
    const { host, guests } = capabilities.parse(await conn.capabilities())
    if (host?.cpu === undefined) throw new Error('there is no <cpu>')
    return { host: { ...host, cpu: host.cpu }, guests }
  } finally {
    await conn.close()
  }
}

/** All features by name, those of the model among them. */
function featuresOf({ arch = '', model = '', features }: CapabilitiesCpu): string[] {
  const expanded = cpuModels.expandFeatures(arch, { arch, model, features })
  return expanded.features.flatMap(({ name = '' }) => name).sort()
}

/** Without what levels of libvirt do not agree on: versions of models, clusters, features that the older one has no names for. */
function plain({ cpu }: Found['host']) {
  const { model = '', topology, features: _, ...rest } = cpu
  const { clusters: _clusters, ...places } = topology ?? {}
  return { ...rest, model: model.replace(/-v\d+$/, ''), topology: places }
}

describe.skipIf(!ready)("the host's processor", () => {
  it('is that which libvirtd sees', async () => {
    await using theirs = await startLibvirtd()
    await using ours = await startVirtd()
    const [expected, found] = await Promise.all([theirs, ours].map(({ socket }) => capabilitiesOf(socket)))
    if (expected === undefined || found === undefined) throw new Error('no answer')
    expect(plain(found.host)).toEqual(plain(expected.host))
    const features = featuresOf(found.host.cpu)
    expect(features).toEqual(expect.arrayContaining(featuresOf(expected.host.cpu)))
    expect(found.host.migrationFeatures).toEqual(expected.host.migrationFeatures)
    expect(found.host.iommu).toEqual(expected.host.iommu)
    const platforms = ({ guests }: Found) =>
      guests.map(({ osType, arch }) => [osType, arch?.name, arch?.wordsize, arch?.emulator, arch?.machines])
    expect(platforms(found)).toEqual(platforms(expected))
  }, 120_000)
})
