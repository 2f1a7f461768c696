// SPDX-License-Identifier: LGPL-2.1-or-later
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Monitor } from '../src/monitor/monitor.js'
import { qmpFailureOf } from '../src/monitor/qmp-error.js'
import { Lines } from '../src/monitor/transport.js'
import { type FarEnd, pipe } from '../src/testing/pipe.js'
import { FakeClock, settle } from './fake-clock.js'

const greeting = '{"QMP": {"version": {"qemu": {"micro": 0, "minor": 2, "major": 7}}, "capabilities": ["oob"]}}\r\n'

/** A monitor that is open, and QEMU's side of it. */
async function opened(clock = new FakeClock()): Promise<{ monitor: Monitor; far: FarEnd; clock: FakeClock }> {
  const { near, far } = pipe()
  far.onLine = (line) => far.write(`{"return": {}, "id": "${JSON.parse(line).id}"}\r\n`)
  far.write(greeting)
  const monitor = await Monitor.open(near, { clock, name: 'web' })
  return { monitor, far, clock }
}

describe('opening a monitor', () => {
  it('waits for the greeting, then negotiates', async () => {
    const { near, far } = pipe()
    const sent: string[] = []
    far.onLine = (line) => {
      sent.push(line)
      far.write('{"return": {}, "id": "libvirt-1"}\r\n')
    }
    const open = Monitor.open(near, { clock: new FakeClock() })
    await settle()
    expect(sent).toEqual([])
    far.write(greeting)
    await open
    expect(sent).toEqual(['{"execute":"qmp_capabilities","id":"libvirt-1"}'])
  })

  it('fails when QEMU does not greet in time, and closes', async () => {
    const clock = new FakeClock()
    const { near, far } = pipe()
    const open = Monitor.open(near, { clock, deadline: 1000 }).catch((error: unknown) => error)
    await clock.pass(1000)
    expect(await open).toMatchObject({ number: 68 })
    expect(far.closed).toBe(true)
  })

  it('fails when QEMU ends instead', async () => {
    const { near, far } = pipe()
    far.end()
    await expect(Monitor.open(near, { clock: new FakeClock(), name: 'web' })).rejects.toMatchObject({
      message: "internal error: End of file from qemu monitor (vm='web')",
    })
  })
})

describe('commands', () => {
  it('are in flight together, and each gets its own answer', async () => {
    const { monitor, far } = await opened()
    const ids: string[] = []
    far.onLine = (line) => ids.push(JSON.parse(line).id)
    const [a, b] = monitor.commands([{ execute: 'query-status' }, { execute: 'query-balloon' }])
    const c = monitor.command('query-block', { x: 1 })
    await settle()
    expect(ids).toEqual(['libvirt-2', 'libvirt-3', 'libvirt-4'])
    for (const id of [...ids].reverse()) far.write(`{"return": {"of": "${id}"}, "id": "${id}"}\r\n`)
    expect(await Promise.all([a, b, c])).toEqual(ids.map((of) => ({ of })))
  })

  it('keep all 64 bits', async () => {
    const { monitor, far } = await opened()
    far.onLine = (line) => {
      expect(line).toContain('"value":18446744073709551615')
      far.write('{"return": {"actual": 18446744073709551615, "small": 7}, "id": "libvirt-2"}\n')
    }
    expect(await monitor.command('balloon', { value: 2n ** 64n - 1n })).toEqual({ actual: 2n ** 64n - 1n, small: 7 })
  })

  it('that QEMU refuses fail with its words and their kind', async () => {
    const { monitor, far } = await opened()
    far.onLine = () =>
      far.write('{"id": "libvirt-2", "error": {"class": "DeviceNotFound", "desc": "Device \'x\' not found"}}\r\n')
    const error = await monitor.command('device_del', { id: 'x' }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      number: 1,
      message: "internal error: unable to execute QEMU command 'device_del': Device 'x' not found",
    })
    expect(qmpFailureOf(error)).toEqual({ class: 'DeviceNotFound', desc: "Device 'x' not found" })
  })

  it('have a deadline, after which the monitor goes on and drops the late answer', async () => {
    const { monitor, far, clock } = await opened()
    far.onLine = () => {}
    const late = monitor.command('query-block', undefined, { deadline: 5000 }).catch((error: unknown) => error)
    await clock.pass(5000)
    expect(await late).toMatchObject({ number: 68 })
    far.write('{"return": [], "id": "libvirt-2"}\r\n')
    far.onLine = (line) => far.write(`{"return": 1, "id": "${JSON.parse(line).id}"}\r\n`)
    expect(await monitor.command('query-status')).toBe(1)
    expect(clock.pending).toBe(0)
  })

  it('all fail when the connection ends, and so do those that come later', async () => {
    const { monitor, far, clock } = await opened()
    far.onLine = () => {}
    const first = monitor.command('query-status').catch((error: unknown) => error)
    far.end()
    expect(await first).toMatchObject({ message: "internal error: End of file from qemu monitor (vm='web')" })
    await expect(monitor.command('query-status')).rejects.toBe(await monitor.closed)
    expect(clock.pending).toBe(0)
  })

  it.each([
    ['what is no JSON', 'rubbish\n'],
    ['what is no object', '[]\n'],
    ['an object that is nothing', '{"x": 1}\n'],
  ])('fail when QEMU sends %s', async (_name, text) => {
    const { monitor, far } = await opened()
    far.onLine = () => far.write(text)
    await expect(monitor.command('query-status')).rejects.toMatchObject({ number: 1 })
    expect(far.closed).toBe(true)
  })

  it('hand descriptors on', async () => {
    const { monitor, far } = await opened()
    let came: readonly number[] = []
    far.onLine = (line, fds) => {
      came = fds
      far.write(`{"return": {}, "id": "${JSON.parse(line).id}"}\n`)
    }
    await monitor.command('getfd', { fdname: 'a' }, { fds: [7] })
    expect(came).toEqual([7])
  })
})

describe('events', () => {
  it('come in their order, also those from before somebody listens', async () => {
    const { monitor, far } = await opened()
    const stamp = '"timestamp": {"seconds": 1, "microseconds": 2}'
    far.write(`{"event": "RESUME", ${stamp}}\r\n{"event": "STOP", ${stamp}}\r\n`)
    await settle()
    const seen: string[] = []
    monitor.listen(({ event }) => seen.push(event))
    far.write(`{"event": "SHUTDOWN", "data": {"guest": true}, ${stamp}}\r\n`)
    await settle()
    expect(seen).toEqual(['RESUME', 'STOP', 'SHUTDOWN'])
  })
})

describe('lines', () => {
  it('are whole however the bytes come', () => {
    const text = fc.array(
      fc.string({ unit: 'grapheme' }).filter((line) => !/[\r\n]/.test(line)),
      { maxLength: 8 },
    )
    fc.assert(
      fc.property(text, fc.infiniteStream(fc.integer({ min: 1, max: 9 })), (wanted, sizes) => {
        const bytes = Buffer.from(wanted.map((line) => `${line}\r\n`).join(''))
        const lines = new Lines(1 << 20)
        const got: string[] = []
        for (let at = 0; at < bytes.length; ) {
          const size = sizes.next().value as number
          for (const line of lines.push(bytes.subarray(at, at + size))) got.push(Buffer.from(line).toString())
          at += size
        }
        expect(got).toEqual(wanted)
      }),
    )
  })

  it('have a bound', () => {
    const lines = new Lines(10)
    expect(() => lines.push(Buffer.alloc(11, 120))).toThrow(RangeError)
  })
})
