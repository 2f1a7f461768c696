// SPDX-License-Identifier: LGPL-2.1-or-later
// The record that a QEMU driver gives of a guest, as the public API shows it.
import { toPlain } from '@virt/core'
import { describe, expect, it } from 'vitest'
import { applyFigures } from '../src/figures.js'
import { type Guest, idleDisk, idleInterface, newGuest } from '../src/guest.js'

const record = (values: Readonly<Record<string, number | bigint | string>>) =>
  toPlain({
    shape: {
      names: Object.keys(values),
      types: Object.values(values).map((v) => (typeof v === 'bigint' ? 4 : typeof v === 'string' ? 7 : 2)),
    },
    values: Object.values(values),
  })

function guest(): Guest {
  const made = newGuest({ uuid: 'u', name: 'n', id: 3 } as Guest['handle'])
  const facts = { source: '', device: 'disk', readOnly: false }
  made.disks = ['vda', 'vdb'].map((target, i) => ({ number: i + 1, target, ...facts, ...idleDisk }))
  const port = { mac: '', kind: 'network', source: '', linkUp: true }
  made.interfaces = [{ number: 1, target: 'vnet0', ...port, ...idleInterface }]
  return made
}

describe('a record of QEMU', () => {
  it('is laid into the guest, each figure where it belongs', () => {
    const one = guest()
    const told = applyFigures(
      one,
      record({
        'state.state': 1,
        'state.reason': 5,
        'cpu.time': 9n,
        'cpu.user': 2n,
        'cpu.system': 3n,
        'balloon.current': 100n,
        'balloon.maximum': 200n,
        'balloon.rss': 50n,
        'vcpu.current': 2,
        'vcpu.maximum': 4,
        'vcpu.0.state': 1,
        'vcpu.0.time': 11n,
        'vcpu.0.wait': 12n,
        'vcpu.3.state': 1,
        'vcpu.3.delay': 13n,
        'net.count': 1,
        'net.0.name': 'vnet0',
        'net.0.rx.bytes': 21n,
        'net.0.tx.drop': 22n,
        'block.count': 3,
        'block.0.name': 'vda',
        'block.0.rd.reqs': 31n,
        'block.0.wr.times': 32n,
        'block.0.capacity': 33n,
        // The layer below vda has its name too.
        'block.1.name': 'vda',
        'block.1.rd.reqs': 99n,
        'block.2.name': 'vdb',
        'block.2.fl.reqs': 34n,
      }),
    )
    expect(told).toEqual({ own: true, devices: true })
    expect(one).toMatchObject({
      state: 1,
      reason: 5,
      cpu: { time: 9n, user: 2n, system: 3n },
      memory: { current: 100n, maximum: 200n, resident: 50n },
      vcpus: {
        current: 2,
        maximum: 4,
        each: [
          { number: 0, state: 1, time: 11n, wait: 12n, delay: 0n },
          { number: 3, state: 1, time: 0n, wait: 0n, delay: 13n },
        ],
      },
      interfaces: [{ received: { bytes: 21n, dropped: 0n }, sent: { dropped: 22n } }],
    })
    expect(one.disks).toMatchObject([
      { read: { requests: 31n }, write: { time: 32n }, capacity: 33n },
      { flush: { requests: 34n }, capacity: 0n },
    ])
  })

  it('that says little says so', () => {
    expect(applyFigures(guest(), record({ 'state.state': 1, 'state.reason': 0 }))).toEqual({
      own: false,
      devices: false,
    })
  })
})
