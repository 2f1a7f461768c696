// SPDX-License-Identifier: LGPL-2.1-or-later
// What of a migration is refused before anything is done, with libvirt's codes and texts.
import type { ParamType, ParamValue } from '@virt/core'
import { describe, expect, it } from 'vitest'
import { parseDisksUri } from '../../src/migration/disk-server.js'
import { Migrate } from '../../src/migration/flags.js'
import { MigrationRequest } from '../../src/migration/request.js'
import { checkFlags } from '../../src/migration/safety.js'
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
  const rows: readonly (readonly [flags: number, number: number, text: string])[] = [
    [offline | nonSharedDisk, operation, 'offline migration cannot handle non-shared storage'],
    [offline, operation, 'offline migration must be specified with the persistent flag set'],
    [offline | persistDest | tunnelled | peer2peer, operation, 'tunnelled offline migration does not make sense'],
    [postcopy, argument, 'post-copy migration is not supported with non-live or paused migration'],
    [postcopy | live | paused, argument, 'post-copy migration is not supported with non-live or paused migration'],
    [postcopy | live | tunnelled, argument, 'post-copy is not supported with tunnelled migration'],
    [zerocopy, operation, 'zero-copy is only available for parallel migration'],
  ]
  it.each(rows)('%i', (flags, number, text) => {
    expect(() => checkFlags(flags)).toThrow(expect.objectContaining({ number, message: expect.stringContaining(text) }))
  })
  it('of copied disks in a tunnel', () => {
    const number = unsupported
    expect(() => checkFlags(live | tunnelled | nonSharedDisk)).toThrow(expect.objectContaining({ number }))
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
    ['host:1', invalid, 'missing scheme in migration URI: host:1'],
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
