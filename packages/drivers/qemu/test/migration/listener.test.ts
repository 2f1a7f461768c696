// SPDX-License-Identifier: LGPL-2.1-or-later
import { describe, expect, it } from 'vitest'
import { listenAddress } from '../../src/migration/listener.js'
import { MigrationRequest } from '../../src/migration/request.js'

describe('a destination listens at', () => {
  const rows: readonly (readonly [
    given: string | undefined,
    set: string | undefined,
    ipv6: boolean,
    address: string,
  ])[] = [
    [undefined, undefined, true, '::'],
    [undefined, undefined, false, '0.0.0.0'],
    [undefined, '10.0.0.1', true, '10.0.0.1'],
    [undefined, 'fd00::1', true, 'fd00::1'],
    ['10.0.0.2', 'fd00::1', false, '10.0.0.2'],
    ['host.example', undefined, false, 'host.example'],
    ['::1', undefined, true, '::1'],
  ]
  it.each(rows)('%s, %s, with addresses of version 6: %s', (given, set, ipv6, address) => {
    const request = MigrationRequest.from({ listen_address: given })
    expect(listenAddress({ settings: { migration_address: set } }, request, ipv6)).toBe(address)
  })

  it.each([
    ['::', undefined],
    [undefined, 'fd00::1'],
  ])('nothing of version 6 where there are no such addresses: %s %s', (given, set) => {
    const request = MigrationRequest.from({ listen_address: given })
    expect(() => listenAddress({ settings: { migration_address: set } }, request, false)).toThrow(
      "host isn't capable of IPv6",
    )
  })
})
