// SPDX-License-Identifier: LGPL-2.1-or-later
// What of a migration is refused before anything is done, with libvirt's codes and texts.
import type { Domain } from '@virt/conf'
import type { ParamType, ParamValue } from '@virt/core'
import { describe, expect, it } from 'vitest'
import { parseDisksUri } from '../../src/migration/disk-server.js'
import { Migrate } from '../../src/migration/flags.js'
import { hostDeviceObstacle, obstacleOf } from '../../src/migration/obstacles.js'
import { checkTunnel } from '../../src/migration/peer.js'
import { MigrationRequest } from '../../src/migration/request.js'
import { checkDiskLists, checkFlags } from '../../src/migration/safety.js'
import { parseTarget } from '../../src/migration/target.js'
import { tuningOf } from '../../src/migration/tuning.js'

type Row = readonly [name: string, type: ParamType, value: ParamValue]
const request = (...rows: readonly Row[]): MigrationRequest =>
  MigrationRequest.of({
    shape: { names: rows.map(([name]) => name), types: rows.map(([, type]) => type) },
    values: rows.map(([, , value]) => value),
  })
const invalid = 8
const operation = 55
const argument = 74
const unsupported = 84

describe('flags that do not go together', () => {
  const { live, offline, persistDest, nonSharedDisk, tunnelled, peer2peer, postcopy, paused, zerocopy } = Migrate
  const noPostcopy = 'post-copy migration is not supported with non-live or paused migration'
  const noDisks = 'migration of non-shared storage is not supported with tunnelled migration and this QEMU'
  type FlagRow = readonly [flags: number, number: number, text: string]
  const both: readonly FlagRow[] = [
    [offline | nonSharedDisk, operation, 'offline migration cannot handle non-shared storage'],
    [offline, operation, 'offline migration must be specified with the persistent flag set'],
    [offline | persistDest | tunnelled | peer2peer, operation, 'tunnelled offline migration does not make sense'],
    [postcopy, argument, noPostcopy],
    [postcopy | live | paused, argument, noPostcopy],
    [postcopy | live | tunnelled, argument, 'post-copy is not supported with tunnelled migration'],
  ]
  const ofSource: readonly FlagRow[] = [
    [zerocopy, operation, 'zero-copy is only available for parallel migration'],
    [live | tunnelled | nonSharedDisk, unsupported, noDisks],
    // What each side looks at first is told.
    [offline | postcopy, argument, noPostcopy],
  ]
  const ofDestination: readonly FlagRow[] = [
    [offline | postcopy, operation, 'offline migration must be specified with the persistent flag set'],
  ]
  const rows = [
    ...[...both, ...ofSource].map((row) => ['source', ...row] as const),
    ...[...both, ...ofDestination].map((row) => ['destination', ...row] as const),
  ]
  it.each(rows)('%s: %i', (side, flags, number, text) => {
    const thrown = expect.objectContaining({ number, message: expect.stringContaining(text) })
    expect(() => checkFlags(flags, side)).toThrow(thrown)
  })
  it('are not all the destination sees', () => {
    for (const [flags] of ofSource.slice(0, 2)) expect(() => checkFlags(flags, 'destination')).not.toThrow()
  })
})

describe('lists of disks', () => {
  const document = { devices: { disks: [{ target: { dev: 'vda' } }] } } as unknown as Domain
  const requires = (name: string): string =>
    `use of '${name}' requires use of 'VIR_MIGRATE_NON_SHARED_DISK' or 'VIR_MIGRATE_NON_SHARED_INC' flag`
  it.each([
    ['migrate_disks', 0, unsupported, requires('VIR_MIGRATE_PARAM_MIGRATE_DISKS')],
    ['migrate_disks_detect_zeroes', 0, unsupported, requires('VIR_MIGRATE_PARAM_MIGRATE_DISKS_DETECT_ZEROES')],
    ['migrate_disks', Migrate.nonSharedDisk, invalid, 'disk target vdb not found'],
    ['migrate_disks_detect_zeroes', Migrate.nonSharedInc, invalid, 'disk target vdb not found'],
  ] as const)('%s with %i', (name, flags, number, text) => {
    const thrown = expect.objectContaining({ number, message: expect.stringContaining(text) })
    expect(() => checkDiskLists(document, request([name, 7, 'vdb']), flags)).toThrow(thrown)
  })
})

describe('what a guest has', () => {
  const empty = {
    disks: [],
    interfaces: [],
    hostdevs: [],
    memorys: [],
    shmems: [],
    filesystems: [],
  }
  const having = (devices: object, more: object = {}): Domain =>
    ({ ...more, devices: { ...empty, ...devices } }) as unknown as Domain
  const counter = { cpu: { features: [{ name: 'invtsc', policy: 'require' }] } }
  const virtiofs = { driver: { type: 'virtiofs' } }
  const rows: readonly (readonly [what: string, document: Domain, text: string])[] = [
    [
      'a counter without a pace',
      having({}, counter),
      "domain has 'invtsc' CPU feature but TSC frequency is not specified",
    ],
    [
      'memory without a place',
      having({ memorys: [{ model: 'dimm' }] }),
      "domain's dimm info lacks slot ID or base address",
    ],
    [
      'memory shared with others',
      having({ shmems: [{ name: 'mine', role: 'peer' }] }),
      "shmem device 'mine' cannot be migrated, only shmem with role='master' can be migrated",
    ],
    ['a folder', having({ filesystems: [virtiofs] }), 'migration with this virtiofs device is not supported'],
    ['a disk that forgets', having({ disks: [{ transient: {} }] }), 'migration with transient disk is not supported'],
    // The first of several is told.
    [
      'several of these',
      having({ disks: [{ transient: {} }], shmems: [{ name: 'mine' }], filesystems: [virtiofs] }),
      "shmem device 'mine' cannot be migrated",
    ],
  ]
  it.each(rows)('keeps it here: %s', (_what, document, text) => {
    expect(obstacleOf(document, true)).toMatchObject({ number: operation, message: expect.stringContaining(text) })
  })
  const allowed: readonly (readonly [what: string, document: Domain])[] = [
    ['a counter with a pace', having({}, { ...counter, clock: { timers: [{ name: 'tsc', frequency: 1n }] } })],
    ['a counter that is not there', having({}, { cpu: { features: [{ name: 'invtsc', policy: 'disable' }] } })],
    ['memory with a place', having({ memorys: [{ model: 'dimm', address: { type: 'dimm' } }] })],
    ['memory that it owns', having({ shmems: [{ name: 'mine', role: 'master' }] })],
    ["a folder of somebody else's program", having({ filesystems: [{ ...virtiofs, source: { socket: '/s' } }] })],
  ]
  it.each(allowed)('lets it go: %s', (_what, document) => {
    expect(obstacleOf(document, true)).toBeUndefined()
  })
  it('is told by QEMU, where that names reasons', () => {
    const vdpa = having({ interfaces: [{ type: 'vdpa' }] })
    expect(obstacleOf(vdpa, true)).toBeUndefined()
    expect(obstacleOf(vdpa, false)).toMatchObject({
      message: expect.stringContaining('vDPA devices cannot be migrated'),
    })
  })
  const pci = { mode: 'subsystem', type: 'pci' }
  it.each([
    [{ hostdevs: [pci] }, "cannot migrate a domain with <hostdev mode='subsystem' type='pci'>"],
    [{ hostdevs: [{ mode: 'subsystem', type: 'mdev' }] }, "<hostdev mode='subsystem' type='mdev'>"],
    [{ hostdevs: [{ mode: 'capabilities' }] }, "<hostdev mode='capabilities'>"],
    [{ interfaces: [{ type: 'hostdev', alias: 'net0' }] }, "cannot migrate a domain with <interface type='hostdev'>"],
  ])('is looked at where QEMU names none: %j', (devices, text) => {
    expect(hostDeviceObstacle(having(devices))).toMatchObject({
      number: unsupported,
      message: expect.stringContaining(text),
    })
  })
  it.each([
    { hostdevs: [{ mode: 'subsystem', type: 'usb' }] },
    { hostdevs: [{ ...pci, teaming: { type: 'transient', persistent: 'ua-1' } }] },
    { interfaces: [{ type: 'hostdev', alias: 'net0', teaming: { type: 'transient', persistent: 'ua-1' } }] },
  ])('may be a host device all the same: %j', (devices) => {
    expect(hostDeviceObstacle(having(devices))).toBeUndefined()
  })
})

describe('tuning of what is not asked for', () => {
  const rows: readonly (readonly [flags: number, rows: readonly Row[], text: string])[] = [
    [0, [['auto_converge.initial', 1, 10]], 'Turn auto convergence on to tune it'],
    [0, [['parallel.connections', 1, 2]], 'Turn parallel migration on to tune it'],
    [0, [['compression', 7, 'lz4']], "Unsupported compression method 'lz4'"],
    [
      0,
      [
        ['compression', 7, 'mt'],
        ['compression', 7, 'mt'],
      ],
      "Compression method 'mt' is specified twice",
    ],
    [0, [['compression.mt.level', 1, 2]], 'Turn multithread compression on to tune it'],
    [0, [['compression.xbzrle.cache', 4, 1n << 20n]], 'Turn xbzrle compression on to tune it'],
  ]
  it.each(rows)('%#', (flags, params, text) => {
    const thrown = expect.objectContaining({ number: invalid, message: expect.stringContaining(text) })
    expect(() => tuningOf(request(...params), flags, 'source')).toThrow(thrown)
  })
  it('of auto-convergence is nothing to the destination, which does not see the flag', () => {
    expect(() => tuningOf(request(['auto_converge.initial', 1, 10]), 0, 'destination')).not.toThrow()
  })
})

describe('addresses', () => {
  it.each([
    ['udp://host:1', argument, 'unsupported scheme udp in migration URI udp://host:1'],
    ['127.0.0.1', invalid, 'missing scheme in migration URI: 127.0.0.1'],
    ['host:1', argument, 'unsupported scheme host in migration URI host:1'],
    ['127.0.0.1:1', 1, 'Unable to parse URI 127.0.0.1:1'],
    ['tcp://', invalid, 'missing host in migration URI: tcp://'],
  ])('%s', (uri, number, text) => {
    expect(() => parseTarget(uri)).toThrow(expect.objectContaining({ number, message: expect.stringContaining(text) }))
  })
  it.each([
    ['http://host', 'Unsupported scheme in disks URI: http'],
    ['unix://name', 'UNIX disks URI does not include path'],
    ['tcp://:1', 'URI with tcp scheme did not provide a server part: tcp://:1'],
  ])('of disks: %s', (uri, text) => {
    expect(() => parseDisksUri(uri)).toThrow(
      expect.objectContaining({ number: invalid, message: expect.stringContaining(text) }),
    )
  })
})

describe('what cannot be asked of a tunnel', () => {
  const rows: readonly (readonly [name: string, type: ParamType, value: ParamValue, what: string])[] = [
    ['migrate_uri', 7, 'tcp://host', 'migration URI'],
    ['listen_address', 7, '::', 'listen address'],
    ['disks_port', 1, 1, 'disk port address'],
    ['disks_uri', 7, 'unix:///path', 'disk port address'],
  ]
  it.each(rows)('%s', (name, type, value, what) => {
    const message = expect.stringContaining(`${what} is not supported by tunnelled migration`)
    const thrown = expect.objectContaining({ number: argument, message })
    expect(() => checkTunnel(request([name, type, value]), Migrate.peer2peer | Migrate.tunnelled)).toThrow(thrown)
    expect(() => checkTunnel(request([name, type, value]), Migrate.peer2peer)).not.toThrow()
  })
})
