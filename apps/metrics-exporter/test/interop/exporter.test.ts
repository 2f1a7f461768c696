// SPDX-License-Identifier: GPL-2.0-or-later
// The endpoint over virtd: its output before promtool, and beside prometheus-libvirt-exporter on the same guests.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ensure } from '../../../../tools/setup/system-parts.mjs'

const parts = await ensure('metrics')
if ('why' in parts) console.error(`SKIPPED: metrics: ${parts.why}`)
const root = join(import.meta.dirname, '../../../..')

describe.skipIf(!parts.ok)('virt-metrics', () => {
  const folder = mkdtempSync(join(tmpdir(), 'virt-metrics-'))
  const children: ChildProcess[] = []
  const socket = join(folder, 'run/libvirt/libvirt-sock')
  const uri = `test+unix:///default?socket=${socket}`
  let ours = ''
  let theirs = ''

  const start = (command: string, ...args: string[]): void => {
    children.push(spawn(command, args, { stdio: 'ignore' }))
  }
  const freePort = (): Promise<number> =>
    new Promise((resolve) => {
      const server = createServer().listen(0, '127.0.0.1', () => {
        const { port } = server.address() as { port: number }
        server.close(() => resolve(port))
      })
    })
  const page = async (port: number, ready: RegExp): Promise<string> => {
    const end = Date.now() + 20_000
    for (;;) {
      const text = await fetch(`http://127.0.0.1:${port}/metrics`).then(
        (answer) => answer.text(),
        () => '',
      )
      if (ready.test(text)) return text
      if (Date.now() > end) throw new Error(`no ${ready} at port ${port}: ${text.slice(0, 2000)}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  beforeAll(async () => {
    const [a, b] = [await freePort(), await freePort()]
    start(process.execPath, join(root, 'apps/virtd/dist/main.cjs'), '--root', folder)
    start(
      process.execPath,
      join(root, 'apps/metrics-exporter/dist/main.js'),
      '--uri',
      uri,
      '--listen',
      `127.0.0.1:${a}`,
      '--exporter-names',
    )
    ours = await page(a, /virt_disk_read_bytes_total\{.*\} [1-9]/)
    start('prometheus-libvirt-exporter', `--web.listen-address=127.0.0.1:${b}`, `--libvirt.uri=${uri}`)
    theirs = await page(b, /libvirt_up 1/)
    ours = await page(a, /libvirt_up 1/)
  })
  afterAll(async () => {
    for (const child of children) {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      if (child.exitCode === null && child.kill()) await ended
    }
    rmSync(folder, { recursive: true, force: true })
  })

  it('is accepted by promtool', async () => {
    const { said, code } = await new Promise<{ said: string; code: number }>((resolve) => {
      const child = execFile('promtool', ['check', 'metrics'], (error, stdout, stderr) =>
        resolve({ said: stdout + stderr, code: error === null ? 0 : Number(error.code) }),
      )
      // Only ours: the other names are as they are.
      child.stdin?.end(ours.replace(/^.*\blibvirt_.*\n/gm, ''))
    })
    expect({ said, code }).toEqual({ said: '', code: 0 })
  })

  it('has every line of prometheus-libvirt-exporter, with the same figures', () => {
    const lines = (text: string): Map<string, number> =>
      new Map(
        text
          .split('\n')
          .filter((line) => line.startsWith('libvirt_'))
          .map((line) => {
            const [, name = '', labels = '', value = ''] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
            return [
              `${name}{${labels
                .split(/,(?=\w+=")/)
                .sort()
                .join(',')}}`,
              Number(value),
            ]
          }),
      )
    const [here, there] = [lines(ours), lines(theirs)]
    expect(there.size).toBeGreaterThan(15)
    expect([...here.keys()].sort()).toEqual([...there.keys()].sort())
    // The test driver reckons its counters from the time of day, and the two ask at different times.
    for (const [name, value] of there)
      if (/_total\{/.test(name)) expect((here.get(name) ?? 0) / value, name).toBeCloseTo(1, 4)
      else expect(here.get(name), name).toBe(value)
  })
})
