// SPDX-License-Identifier: LGPL-2.1-or-later
// The machine and how it is run: `-machine`, `-accel`.
import type { Domain } from '@virt/conf'
import type { Build } from '../command/build.js'
import { isPpc64, isS390, isX86 } from '../command/machine.js'
import { listProps, type Props } from '../command/props.js'
import { hasHmat, mainMemoryBackend } from './memory.js'
import { needsRawNode } from './storage.js'

/** Whether QEMU takes the interrupt controller of ARM boards by its number. */
function gicVersion({ features, os }: Domain): string | undefined {
  const { gic } = features ?? {}
  if (gic?.version === undefined || !/^(?:aarch64|armv7l)$/.test(os?.type?.arch ?? '')) return undefined
  return gic.version
}

function hpet(build: Build): boolean | undefined {
  const timer = build.domain.clock?.timers.find(({ name, present }) => name === 'hpet' && present !== undefined)
  if (!isX86(build.domain) || !build.has('machine-hpet')) return undefined
  return timer?.present
}

/** ACPI is written down where the machine has it. */
function acpi({ domain, machine }: Build): boolean | undefined {
  return machine?.acpi === true ? domain.features?.acpi === true : undefined
}

export function board(build: Build): void {
  const { domain, context } = build
  const { features, keywrap, memoryBacking, launchSecurity, os, devices } = domain
  const cipher = (name: string): boolean | undefined => keywrap?.ciphers.find((one) => one.name === name)?.state
  const props: Props = {
    usb: false,
    vmport: features?.vmport?.state,
    smm: features?.smm?.state,
    'aes-key-wrap': cipher('aes'),
    'dea-key-wrap': cipher('dea'),
    kernel_irqchip: features?.ioapic === undefined ? undefined : features.ioapic === 'qemu' ? 'split' : 'on',
    i8042: features?.ps2?.state,
    'gic-version': gicVersion(domain),
    ...pseriesFeatures(domain),
    ras: features?.ras?.state,
    aia: features?.aia,
    'dump-guest-core': domain.memory?.dumpCore ?? context.settings.dumpGuestCore,
    'mem-merge': memoryBacking?.nosharepages === true ? false : undefined,
    nvdimm: devices?.memorys.some(({ model }) => model === 'nvdimm') === true ? true : undefined,
    hmat: hasHmat(domain) ? true : undefined,
    'memory-backend': mainMemoryBackend(build),
    iommu: devices?.iommu?.model === 'smmuv3' ? 'smmuv3' : undefined,
    ...pseriesCompat(build),
    loadparm: loadparm(build),
    'confidential-guest-support': launchSecurity === undefined ? undefined : 'lsec0',
    ...pflash(build),
    hpet: hpet(build),
    'pcspk-audiodev': speaker(domain),
    acpi: acpi(build),
    graphics: os?.bios?.useserial === true ? false : undefined,
    ...enclaves(domain),
  }
  build.add('-machine', listProps(os?.type?.machine, props))
}

/** What POWER machines can be without. */
function pseriesFeatures({ features }: Domain): Props {
  const { hpt, htm, 'nested-hv': nested, 'ccf-assist': assist, cfpc, sbbc, ibs } = features ?? {}
  const given = <T extends string>(value: T | undefined): T | undefined => (value === 'none' ? undefined : value)
  return {
    'resize-hpt': given(hpt?.resizing),
    'cap-hpt-max-page-size':
      hpt?.maxpagesize === undefined || hpt.maxpagesize === 0n ? undefined : `${hpt.maxpagesize}k`,
    'cap-htm': htm?.state,
    'cap-nested-hv': nested?.state,
    'cap-ccf-assist': assist?.state,
    'cap-cfpc': given(cfpc),
    'cap-sbbc': given(sbbc),
    'cap-ibs': given(ibs),
  }
}

/** How old a POWER processor is to look to the guest. */
function pseriesCompat({ domain }: Build): Props {
  const { cpu } = domain
  if (!isPpc64(domain) || cpu?.mode !== 'host-model') return {}
  return { 'max-cpu-compat': cpu.model?.name }
}

/** What the boot loader of s390 machines is told, where devices cannot tell it: by the one that comes first. */
function loadparm(build: Build): string | undefined {
  const { disks = [], interfaces = [], hostdevs = [] } = build.domain.devices ?? {}
  const first = [...disks, ...interfaces, ...hostdevs].find(({ boot }) => boot?.order === 1)
  return isS390(build.domain) && build.loadparm('') === undefined ? first?.boot?.loadparm : undefined
}

/** Memory of SGX enclaves belongs to the machine. */
function enclaves({ devices }: Domain): Props {
  const own = (devices?.memorys ?? []).filter(({ model }) => model === 'sgx-epc')
  return Object.fromEntries(
    own.flatMap(({ alias, target }, i) => [
      [`sgx-epc.${i}.memdev`, `mem${alias}`],
      [`sgx-epc.${i}.node`, target?.node],
    ]),
  )
}

/** The speaker of PCs sounds through an audio device. */
function speaker({ devices }: Domain): string | undefined {
  const sound = devices?.sounds.find(({ model }) => model === 'pcspk')
  return sound === undefined ? undefined : `audio${sound.audio ?? devices?.audios[0]?.id ?? 1}`
}

function pflash(build: Build): Props {
  const { os } = build.domain
  if (os?.loader?.type !== 'pflash' || os.loader.path === undefined) return {}
  const raw = (os.nvram?.format ?? 'raw') === 'raw' && !needsRawNode(build)
  return {
    pflash0: 'libvirt-pflash0-format',
    pflash1: os.nvram === undefined ? undefined : `libvirt-pflash1-${raw ? 'storage' : 'format'}`,
  }
}

/** `-accel` */
export function accelerator(build: Build): void {
  const { domain } = build
  const { type, features } = domain
  if (type === 'kvm') build.list('-accel', 'kvm', { 'dirty-ring-size': features?.kvm?.['dirty-ring']?.size })
  else if (type === 'hvf') build.add('-accel', 'hvf')
  else {
    const cache = features?.tcg?.['tb-cache']
    build.list('-accel', 'tcg', { 'tb-size': cache === undefined ? undefined : cache / 1024n })
  }
}

/** Memory that only firmware sees, where it is to be larger or smaller than usual. */
export function tseg(build: Build): void {
  const smm = build.domain.features?.smm
  const size = smm?.tseg
  if (smm?.state !== true || size === undefined) return
  build.global('mch', 'extended-tseg-mbytes', String(size / 1048576n))
}
