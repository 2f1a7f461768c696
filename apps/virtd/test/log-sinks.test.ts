// SPDX-License-Identifier: GPL-2.0-or-later
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fakeNative } from '@virt/native/testing'
import type { LogRecord } from '@virt/server'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { lineOf, openSink } from '../src/log-sinks.js'

const record: LogRecord = {
  time: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
  priority: 3,
  source: 'rpc.netserver',
  message: 'careful',
}
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'virtd-log-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

it('a line has time, process, level, source and message', () => {
  expect(lineOf(record)).toBe(`2026-01-02 03:04:05.678+0000: ${process.pid}: warning : rpc.netserver : careful\n`)
  expect(lineOf({ ...record, priority: 2, source: '' })).toMatch(/: info : careful\n$/)
})

describe('a file', () => {
  it('is appended to, and is nobody else’s to read', async () => {
    const path = join(folder, 'log')
    for (const message of ['one', 'two']) {
      const sink = openSink({ kind: 'file', path })
      sink.write({ ...record, message })
      await sink.close()
    }
    expect(readFileSync(path, 'utf8')).toBe(
      lineOf({ ...record, message: 'one' }) + lineOf({ ...record, message: 'two' }),
    )
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  it('that cannot be opened says why', () => {
    const path = join(folder, 'none/log')
    expect(() => openSink({ kind: 'file', path })).toThrow(`failed to open ${path}: No such file or directory`)
  })
})

describe('the loggers of the system', () => {
  const loggers = () => {
    const native = fakeNative()
    return { native: () => native, kernel: native, syslog: '/dev/log', journald: '/run/journal' }
  }
  const heard = async (socket: ReturnType<ReturnType<typeof fakeNative>['sockets']['open']>): Promise<Buffer> =>
    Buffer.from((await socket.receive())?.bytes ?? [])

  it('get messages of syslog with facility, severity and name', async () => {
    const all = loggers()
    using listener = all.kernel.sockets.open({ bind: '/dev/log' })
    const sink = openSink({ kind: 'syslog', name: 'me' }, all)
    sink.write(record)
    const text = (await heard(listener)).toString()
    expect(text).toMatch(/^<28>Jan {2}\d \d\d:\d\d:05 me\[\d+\]: warning : rpc.netserver : careful$/)
    sink.write({ ...record, message: 'x'.repeat(100_000) })
    expect((await heard(listener)).length).toBeLessThan(61_000)
    await sink.close()
  })

  it('get fields of journald, those of several lines with their length', async () => {
    const all = loggers()
    using listener = all.kernel.sockets.open({ bind: '/run/journal' })
    const sink = openSink({ kind: 'journald' }, all)
    sink.write({ ...record, priority: 4, message: 'a\nü' })
    const bytes = await heard(listener)
    expect(bytes.subarray(0, 21)).toEqual(
      Buffer.concat([Buffer.from('MESSAGE\n'), Buffer.from([4, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('a\nü\n')]),
    )
    expect(bytes.subarray(21).toString()).toBe(
      'PRIORITY=3\nSYSLOG_FACILITY=3\nSYSLOG_IDENTIFIER=virtd\nLIBVIRT_SOURCE=rpc.netserver\n',
    )
    await sink.close()
  })

  it('that are not there are told of once, and tried again', async () => {
    const all = loggers()
    const told = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    try {
      const sink = openSink({ kind: 'syslog', name: 'me' }, all)
      sink.write({ ...record, message: 'lost' })
      expect(told.mock.calls.map(([text]) => String(text))).toEqual([
        expect.stringMatching(/^virtd: cannot log to syslog \(\/dev\/log\): .*; trying again each time\n$/),
      ])
      using listener = all.kernel.sockets.open({ bind: '/dev/log' })
      sink.write(record)
      expect((await heard(listener)).toString()).toContain('careful')
      await sink.close()
    } finally {
      told.mockRestore()
    }
  })

  it('are refused without the addon that reaches them', () => {
    const all = { ...loggers(), native: () => undefined }
    expect(() => openSink({ kind: 'journald' }, all)).toThrow('cannot log to journald')
  })
})
