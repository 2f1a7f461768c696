// SPDX-License-Identifier: LGPL-2.1-or-later
import type { MigrationCookie } from '@virt/conf'
import { describe, expect, it } from 'vitest'
import { type Screen, screenOf } from '../../src/migration/viewers.js'

type Graphics = NonNullable<MigrationCookie['graphics']>

/** What the other end tells. */
const told = (graphics?: Partial<Graphics>): MigrationCookie => ({
  name: 'guest',
  uuid: '00000000-0000-4000-8000-000000000001',
  hostname: 'there',
  hostuuid: '00000000-0000-4000-8000-000000000002',
  features: [],
  blockDirtyBitmaps: [],
  ...(graphics && { graphics: { type: 'spice', port: 5900, listen: '10.0.0.1', tlsPort: -1, certs: [], ...graphics } }),
})
const screen = (more: Partial<Screen>): Screen => ({
  hostname: '10.0.0.1',
  port: 5900,
  tlsPort: -1,
  subject: undefined,
  ...more,
})
const subject = [{ info: 'subject', value: 'O=there' }]

describe('viewers are sent', () => {
  const rows: readonly (readonly [string, MigrationCookie | undefined, string | undefined, Screen | undefined])[] = [
    ['nowhere without a word of the other end', undefined, 'spice://a:1', undefined],
    ['nowhere when it has no screen', told(), undefined, undefined],
    ['to its screen', told({}), undefined, screen({})],
    ['to its name where it listens everywhere', told({ listen: '0.0.0.0' }), undefined, screen({ hostname: 'there' })],
    ['to its name, of version 6', told({ listen: '::' }), undefined, screen({ hostname: 'there' })],
    [
      'with its certificate',
      told({ tlsPort: 5901, certs: subject }),
      undefined,
      screen({ tlsPort: 5901, subject: 'O=there' }),
    ],
    ['nowhere without a port', told({ port: 0 }), undefined, undefined],
    ['by TLS alone', told({ port: -1, tlsPort: 5901 }), undefined, screen({ port: -1, tlsPort: 5901 })],
    ['nowhere from a screen of VNC', told({ type: 'vnc' }), undefined, undefined],
    ['where the caller wants', told({}), 'spice://a.example:1', screen({ hostname: 'a.example', port: 1, tlsPort: 0 })],
    [
      'where the caller wants by TLS',
      told(),
      'spice://a.example:1?tlsPort=2&tlsSubject=O%3Da',
      screen({ hostname: 'a.example', port: 1, tlsPort: 2, subject: 'O=a' }),
    ],
    ['nowhere by VNC', told({}), 'vnc://a:1', undefined],
  ]
  it.each(rows)('%s', (_name, cookie, uri, expected) => {
    expect(screenOf(cookie, uri)).toEqual(expected)
  })

  it.each([
    ['http://a:1', 'unknown graphics type http'],
    ['spice://a:1?tlsPort=x', 'invalid tlsPort number: x'],
  ])('nowhere by %s', (uri, text) => {
    expect(() => screenOf(told({}), uri)).toThrow(text)
  })
})
