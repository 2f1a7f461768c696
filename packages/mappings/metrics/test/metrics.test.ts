// SPDX-License-Identifier: LGPL-2.1-or-later
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from '@virt/core'
import { Sampler } from '@virt/sampler'
import { test as testDriver } from '@virt/test'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Endpoint, metricsOf } from '../src/index.js'

let sampler: Sampler
const uuid = '6695eb01-f6a4-8304-79aa-97f2502e193f'

beforeEach(async () => {
  const driver = testDriver()
  sampler = new Sampler({ open: (signal) => connect('test:///default', { drivers: [driver], signal }) })
  const surveyed = new Promise((resolve) => sampler.once('surveyed', () => resolve(undefined)))
  sampler.start()
  await surveyed
})
afterEach(() => sampler.close())

const figureOf = (text: string, line: string): number => {
  const found = text.split('\n').find((one) => one.startsWith(`${line} `))
  if (found === undefined) throw new Error(`there is no ${line}`)
  return Number(found.slice(line.length + 1))
}

describe('the metrics', () => {
  it('tell of the host, its guests and what they have', async () => {
    const text = await metricsOf(sampler).metrics()
    const labels = `{domain="test",uuid="${uuid}"}`
    expect(figureOf(text, 'virt_up')).toBe(1)
    expect(figureOf(text, 'virt_guests')).toBe(1)
    expect(figureOf(text, `virt_guest_state${labels}`)).toBe(1)
    expect(figureOf(text, `virt_guest_memory_bytes${labels}`)).toBe(2 * 1024 ** 3)
    expect(figureOf(text, `virt_guest_vcpus${labels}`)).toBe(2)
    const disk = `{domain="test",uuid="${uuid}",device="vda",source="/guest/diskimage1"}`
    expect(figureOf(text, `virt_disk_read_bytes_total${disk}`)).toBeGreaterThan(0)
    expect(
      figureOf(
        text,
        'virt_pool_capacity_bytes{pool="default-pool",uuid="dfe224cb-28fb-8dd0-c4b2-64eb3f0f4566",type="dir"}',
      ),
    ).toBe(100 * 1024 ** 3)
    expect(text).not.toMatch(/libvirt_/)
  })

  it('have the other exporter’s names on wish', async () => {
    const text = await metricsOf(sampler, { exporterNames: true }).metrics()
    expect(figureOf(text, `libvirt_domain_state_code{domain="test",uuid="${uuid}"}`)).toBe(1)
    expect(figureOf(text, 'libvirt_domains_number')).toBe(1)
  })

  it('say that the daemon is away', async () => {
    await sampler.close()
    expect(figureOf(await metricsOf(sampler).metrics(), 'virt_up')).toBe(0)
  })

  it('are read by one refresh, however many there are', async () => {
    let refreshes = 0
    sampler.on('refreshed', () => refreshes++)
    const registry = metricsOf(sampler, { maxAge: 0 })
    await registry.metrics()
    expect(refreshes).toBe(1)
  })

  it('are what the dashboard asks for', async () => {
    const text = await metricsOf(sampler).metrics()
    const there = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map((m) => m[1]))
    const dashboard = readFileSync(join(import.meta.dirname, '../grafana/host.json'), 'utf8')
    const asked = new Set([...dashboard.matchAll(/virt_[a-z_]+/g)].map((m) => m[0]))
    expect(asked.size).toBeGreaterThan(15)
    for (const name of asked) expect(there, name).toContain(name)
  })
})

describe('the endpoint', () => {
  it('shows one page, and says where it is', async () => {
    const endpoint = await Endpoint.start(metricsOf(sampler), { host: '127.0.0.1', port: 0 })
    const base = `http://127.0.0.1:${endpoint.port}`
    const page = await fetch(`${base}/metrics`)
    expect(page.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
    expect(await page.text()).toMatch(/^virt_up 1$/m)
    expect(await (await fetch(base)).text()).toMatch(/\/metrics/)
    expect((await fetch(`${base}/elsewhere`)).status).toBe(404)
    expect((await fetch(`${base}/metrics`, { method: 'POST' })).status).toBe(405)
    await endpoint.close()
    await expect(fetch(`${base}/metrics`)).rejects.toThrow()
  })
})
