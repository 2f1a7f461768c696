// SPDX-License-Identifier: LGPL-2.1-or-later
// Whether a guest could run on under another definition: what it sees of its machine must be the same.
import { readSet } from '../lang/value.js'
import { hotplugMemory } from './passes/basics.js'
import { unsupported } from './passes/report.js'
import type { DeviceAddress, Devices, Domain, Features } from './types.gen.js'

/** What is left out of the comparison. */
export interface AbiOptions {
  /** Current memory and current vCPUs may differ. */
  ignoreVolatile?: boolean | undefined
}

type Get<T> = (thing: T) => unknown
/** A property the guest sees: its name in errors, and its value. `bare` ones are told without their values. */
type Rule<T> = readonly [what: string, get: Get<T>, form?: 'bare' | 'quoted']

const show = (value: unknown): string => (value === undefined ? '<null>' : String(value))

function compare<T>(rules: readonly Rule<T>[], target: T, source: T): void {
  for (const [what, get, form] of rules) {
    const there = get(target)
    const here = get(source)
    if (there === here) continue
    if (form === 'bare') unsupported(`Target ${what} does not match source`)
    const quote = form === 'quoted' ? "'" : ''
    unsupported(`Target ${what} ${quote}${show(there)}${quote} does not match source ${quote}${show(here)}${quote}`)
  }
}

const domainRules: readonly Rule<Domain>[] = [
  ['domain virt type', (d) => d.type],
  ['domain uuid', (d) => d.uuid],
  ['domain name', (d) => d.name, 'quoted'],
  ['domain genid', (d) => d.genid],
  ['maximum memory size', (d) => d.maxMemory?.value ?? 0n, 'quoted'],
  ['domain memory slots', (d) => d.maxMemory?.slots ?? 0, 'quoted'],
  ['domain max memory', (d) => (d.memory?.value ?? 0n) - hotplugMemory(d)],
  ['domain vCPU max', (d) => d.vcpu?.count],
  ['domain iothreads count', (d) => d.iothreadids.length],
  ['domain OS type', (d) => d.os?.type?.type],
  ['domain architecture', (d) => d.os?.type?.arch],
  ['domain machine type', (d) => d.os?.type?.machine],
  ['domain SMBIOS mode', (d) => d.os?.smbios ?? 'none'],
  ['CPU mode', (d) => d.cpu?.mode],
  ['CPU model', (d) => d.cpu?.model?.name],
  ['CPU vendor', (d) => d.cpu?.vendor],
  ['CPU sockets', (d) => d.cpu?.topology?.sockets],
  ['CPU dies', (d) => d.cpu?.topology?.dies],
  ['CPU cores', (d) => d.cpu?.topology?.cores],
  ['CPU threads', (d) => d.cpu?.topology?.threads],
  ['CPU feature count', (d) => d.cpu?.features.length ?? 0],
  ['CPU features', (d) => (d.cpu?.features ?? []).map(({ name, policy }) => `${policy} ${name}`).join(), 'bare'],
  ['NUMA cell count', (d) => d.cpu?.numa?.cells.length ?? 0, 'quoted'],
  [
    'NUMA cells',
    (d) => (d.cpu?.numa?.cells ?? []).map(({ cpus, memory }) => `${readSet(cpus ?? '')?.join()}:${memory}`).join(';'),
    'bare',
  ],
]

const volatileRules: readonly Rule<Domain>[] = [
  ['domain current memory', (d) => d.currentMemory],
  ['domain vCPU count', (d) => d.vcpu?.current ?? d.vcpu?.count],
]

const hex = (value: number | undefined, digits: number) => (value ?? 0).toString(16).padStart(digits, '0')

/** What an address is called, and how it is written. */
function addressText(address: DeviceAddress): readonly [string, string] {
  switch (address.type) {
    case 'pci':
      return [
        'PCI address',
        `${hex(address.domain, 4)}:${hex(address.bus, 2)}:${hex(address.slot, 2)}.${hex(address.function, 1)}`,
      ]
    case 'drive':
      return ['drive address', `${address.controller}:${address.bus}:${address.unit}`]
    case 'virtio-serial':
      return ['virtio serial address', `${address.controller}:${address.bus}:${address.port}`]
    case 'ccid':
      return ['ccid address', `${address.controller}:${address.slot}`]
    case 'isa':
      return ['isa address', `${address.iobase}:${address.irq}`]
    case 'dimm':
      return ['dimm slot', `${address.slot}`]
    case 'ccw':
      return ['ccw address', `${hex(address.cssid, 1)}.${hex(address.ssid, 1)}.${hex(address.devno, 4)}`]
    default:
      return ['address type', address.type]
  }
}

interface Placed {
  address?: DeviceAddress | undefined
  rom?: { bar?: boolean | undefined } | undefined
}

function comparePlace(target: Placed, source: Placed): void {
  const none: DeviceAddress = { type: 'none' }
  const there = target.address ?? none
  const here = source.address ?? none
  if (there.type !== here.type)
    unsupported(`Target device address type ${there.type} does not match source ${here.type}`)
  const [what, own] = addressText(there)
  const [, other] = addressText(here)
  if (own !== other) unsupported(`Target device ${what} ${own} does not match source ${other}`)
}

type List = { [key in keyof Devices]: Devices[key] extends readonly (infer D)[] ? D : never }
type Table = { readonly [key in keyof Devices]?: readonly [count: string, rules: readonly Rule<List[key]>[]] }

const chardev: readonly Rule<{ target?: { type?: string | undefined; port?: unknown } | undefined }>[] = [
  ['character device type', (one) => one.target?.type],
  ['character device port', (one) => one.target?.port],
]

/** Devices by list: what their number is called, and what must be the same of each. */
const lists: Table = {
  disks: [
    'disk count',
    [
      ['disk device', (one) => one.device],
      ['disk bus', (one) => one.target?.bus],
      ['disk', (one) => one.target?.dev],
      ['disk serial', (one) => one.serial],
      ['disk wwn', (one) => one.wwn],
      ['disk vendor', (one) => one.vendor],
      ['disk product', (one) => one.product],
      ['disk access mode', (one) => one.readonly === true || one.shareable === true, 'bare'],
    ],
  ],
  controllers: [
    'controller count',
    [
      ['controller type', (one) => one.type],
      ['controller index', (one) => one.index],
      ['controller model', (one) => one.model],
      ['controller ports', (one) => one.ports],
      ['controller vectors', (one) => one.vectors],
    ],
  ],
  filesystems: ['filesystem count', [['guest filesystem target', (one) => one.target]]],
  interfaces: [
    'net card count',
    [
      ['network card mac', (one) => one.mac?.address],
      ['network card model', (one) => one.model],
    ],
  ],
  inputs: [
    'input device count',
    [
      ['input device type', (one) => one.type],
      ['input device bus', (one) => one.bus],
    ],
  ],
  sounds: ['sound card count', [['sound card model', (one) => one.model]]],
  videos: [
    'video card count',
    [
      ['video card model', (one) => one.model?.type],
      ['video card ram', (one) => one.model?.ram],
      ['video card vram', (one) => one.model?.vram],
      ['video card vgamem', (one) => one.model?.vgamem],
      ['video card heads', (one) => one.model?.heads],
    ],
  ],
  hostdevs: [
    'host device count',
    [
      ['host device mode', (one) => one.mode],
      ['host device type', (one) => one.type],
    ],
  ],
  smartcards: ['smartcard count', []],
  serials: ['serial port count', chardev],
  parallels: ['parallel port count', []],
  channels: [
    'channel count',
    [
      ['channel type', (one) => one.target?.type],
      ['channel name', (one) => one.target?.name],
    ],
  ],
  consoles: ['console count', [['console type', (one) => one.target?.type]]],
  hubs: ['hub device count', [['hub device type', (one) => one.type]]],
  redirdevs: ['redirected devices count', [['redirected device bus', (one) => one.bus]]],
  watchdogs: ['watchdog device count', [['watchdog model', (one) => one.model]]],
  rngs: ['RNG device count', [['RNG model', (one) => one.model, 'quoted']]],
  shmems: [
    'shared memory device count',
    [
      ['shared memory name', (one) => one.name, 'quoted'],
      ['shared memory model', (one) => one.model, 'quoted'],
      ['shared memory size', (one) => one.size, 'quoted'],
    ],
  ],
  tpms: ['TPM device count', [['TPM device model', (one) => one.model, 'bare']]],
  panics: ['panic device count', [['panic model', (one) => one.model, 'quoted']]],
  memorys: [
    'memory device count',
    [
      ['memory device model', (one) => one.model, 'quoted'],
      ['memory device targetNode', (one) => one.target?.node, 'quoted'],
      ['memory device size', (one) => one.target?.size, 'quoted'],
    ],
  ],
  cryptos: ['crypto device count', [['crypto device model', (one) => one.model, 'quoted']]],
}

const singles: readonly (readonly [keyof Devices, string])[] = [
  ['memballoon', 'balloon model'],
  ['iommu', 'domain IOMMU device model'],
  ['vsock', 'vsock device model'],
]

const balloonRules = [
  ['autodeflate', 'autodeflate'],
  ['freePageReporting', 'freePageReporting'],
] as const

function compareBalloon(target: Devices['memballoon'], source: Devices['memballoon']): void {
  for (const [key, what] of balloonRules) {
    const [there, here] = [switched(target?.[key]), switched(source?.[key])]
    if (there !== here) unsupported(`Target balloon ${what} attribute value '${there}' does not match source '${here}'`)
  }
}

const switched = (value: boolean | undefined): string => (value === undefined ? 'default' : value ? 'on' : 'off')

function compareDevices(target: Devices | undefined, source: Devices | undefined): void {
  for (const [key, [count, rules]] of Object.entries(lists) as unknown as [
    keyof Devices,
    [string, readonly Rule<never>[]],
  ][]) {
    const there = (target?.[key] ?? []) as readonly Placed[]
    const here = (source?.[key] ?? []) as readonly Placed[]
    if (there.length !== here.length)
      unsupported(`Target domain ${count} ${there.length} does not match source ${here.length}`)
    for (const [i, one] of there.entries()) {
      compare(rules, one as never, here[i] as never)
      comparePlace(one, here[i] as Placed)
    }
  }
  for (const [key, what] of singles) {
    const there = target?.[key] as (Placed & { model?: string }) | undefined
    const here = source?.[key] as (Placed & { model?: string }) | undefined
    compare([[what, (one) => one?.model]] satisfies Rule<typeof there>[], there, here)
    if (there && here) comparePlace(there, here)
  }
  compareBalloon(target?.memballoon, source?.memballoon)
}

const stateOf = (value: unknown): string => {
  if (value === undefined) return 'default'
  if (typeof value === 'object' && value !== null && 'state' in value) return value.state ? 'on' : 'off'
  return value === true || typeof value === 'object' ? 'on' : String(value)
}

/** Features that are the hypervisor's own business. */
const unseen = new Set<keyof Features>(['tcg', 'async-teardown', 'capabilities'])

function compareFeatures(target: Features = {}, source: Features = {}): void {
  for (const key of new Set([...Object.keys(source), ...Object.keys(target)] as (keyof Features)[])) {
    const here = stateOf(source[key])
    const there = stateOf(target[key])
    if (!unseen.has(key) && here !== there)
      unsupported(`State of feature '${key}' differs: source: '${here}', destination: '${there}'`)
  }
}

/** What timers there are; how they tick is the host's business. */
function compareTimers(target: Domain, source: Domain): void {
  const names = ({ clock }: Domain): string =>
    (clock?.timers ?? []).map(({ name, present, frequency, mode }) => [name, present, frequency, mode].join(' ')).join()
  if (names(target) !== names(source)) unsupported('Target domain timers do not match source')
}

/**
 * Checks that a guest of one definition could go on under another without noticing.
 * @param source what it runs under
 * @param target what it is to run under
 * @throws VirtError `config-unsupported`, naming the first difference
 * @since 0.1.0, `virDomainDefCheckABIStability`
 */
export function checkAbiStability(source: Domain, target: Domain, options: AbiOptions = {}): void {
  compare(domainRules, target, source)
  if (options.ignoreVolatile !== true) compare(volatileRules, target, source)
  compareFeatures(target.features, source.features)
  compareTimers(target, source)
  compareDevices(target.devices, source.devices)
}
