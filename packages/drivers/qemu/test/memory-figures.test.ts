// SPDX-License-Identifier: LGPL-2.1-or-later
import { domain as documents } from '@virt/conf'
import type { Json } from '@virt/core'
import { describe, expect, it } from 'vitest'
import { noteMemory, setBalloon, withBalloon, withTaken } from '../src/process/memory-figures.js'
import { delivered, runningGuest } from './guest.js'

/** A guest of 4096 KiB that may have 1024 KiB more, of which it has taken 256. */
const growing = documents.parse(
  `<domain type='qemu'><name>guest</name><memory>5120</memory><currentMemory>4096</currentMemory>
  <os><type arch='x86_64' machine='pc'>hvm</type></os><devices>
  <memory model='virtio-mem'><target><size>1024</size><block>64</block><requested>512</requested><current>256</current></target>
  <alias name='virtiomem0'/></memory>
  <memory model='dimm'><target><size>512</size></target><alias name='dimm0'/><address type='dimm' slot='0'/></memory>
  <memballoon model='virtio'><stats period='5'/><alias name='balloon0'/></memballoon></devices></domain>`,
  { raw: true },
)

describe('what a guest has of memory', () => {
  it('is what its balloon leaves it and what it has taken of devices', () => {
    expect(withBalloon(growing, 3000n).currentMemory).toBe(3256n)
    const more = withTaken(growing, 'virtiomem0', 512n)
    expect(more.currentMemory).toBe(4352n)
    expect(more.devices?.memorys[0]?.target?.current).toBe(512n)
    expect(withTaken(growing, 'none', 512n).currentMemory).toBe(4096n)
  })

  it('is asked for, and noted', async () => {
    const { state, domain, run, far } = await runningGuest()
    const answers: Record<string, Json> = {
      'query-memory-devices': [
        { type: 'virtio-mem', data: { id: 'virtiomem0', memaddr: 8192, size: 131_073 } },
        { type: 'dimm', data: { id: 'dimm0', addr: 4096, slot: 1 } },
      ],
      'query-balloon': { actual: 3072n * 1024n },
    }
    const given: unknown[] = []
    far.onLine = (line) => {
      const { id, execute, arguments: words } = JSON.parse(line) as Record<string, Json>
      given.push(words ?? execute)
      const answer = JSON.stringify(answers[String(execute)] ?? {}, (_, one: unknown) =>
        typeof one === 'bigint' ? Number(one) : one,
      )
      far.write(`{"id":${JSON.stringify(id)},"return":${answer}}\n`)
    }
    domain.def = growing
    await setBalloon(domain.def, run.monitor)
    await noteMemory(state, domain, run.monitor, true)
    const path = '/machine/peripheral/balloon0'
    expect(given).toEqual([
      { path, property: 'guest-stats-polling-interval', value: 5 },
      { value: 4_194_304 },
      'query-memory-devices',
      'query-balloon',
    ])
    const [other, dimm] = domain.def.devices?.memorys ?? []
    expect(other?.target).toMatchObject({ current: 129n, address: 8192n })
    expect(dimm?.address).toMatchObject({ type: 'dimm', slot: 1, base: 4096n })
    expect(domain.memory).toBe(3201n)
  })

  it('is all of it from the start on where nothing else was said', async () => {
    const { state, domain, run, far } = await runningGuest()
    far.onLine = () => expect.unreachable()
    await setBalloon(domain.def, run.monitor)
    await noteMemory(state, domain, run.monitor, true)
  })
})

describe('where the clock of a guest is', () => {
  it('counts from where its document had put it', async () => {
    const { domain, told, tell } = await runningGuest()
    domain.def = { ...domain.def, clock: { offset: 'variable', adjustment: '60', adjustment0: 60n, timers: [] } }
    tell('RTC_CHANGE', { offset: 40 })
    await delivered()
    expect(told).toEqual(['rtcChange 100'])
    expect(domain.def.clock?.adjustment).toBe('100')
  })
})
