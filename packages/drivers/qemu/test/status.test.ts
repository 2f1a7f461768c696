// SPDX-License-Identifier: LGPL-2.1-or-later
import { domain } from '@virt/conf'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Reason, State } from '../src/domain/states.js'
import { parseStatus, printStatus, type Status } from '../src/domain/status.js'
import { taintNames } from '../src/process/taints.js'

const document = domain.parse(
  `<domain type='qemu'><name>guest</name><uuid>f1f2f3f4-0000-4000-8000-000000000001</uuid><memory>1024</memory>
  <os><type arch='x86_64' machine='pc'>hvm</type></os><devices><serial type='pty'><source path='/dev/pts/3'/>
  <target port='0'/><alias name='serial0'/></serial></devices></domain>`,
  { raw: true },
)

const base: Status = {
  state: State.running,
  reason: Reason.running.booted,
  pid: 4711,
  namespaced: true,
  monitorPath: '/run/monitor.sock',
  vcpus: [{ id: 0, thread: 4712 }],
  flags: ['kvm', 'virtio-net.rss'],
  job: {
    type: 'none',
    async: 'migration out',
    phase: 'postcopy_failed',
    flags: 0x8001,
    started: 1_700_000_000_000,
    interrupted: true,
    parameters: new Map([['max-bandwidth', '33554432']]),
    temporaryBitmaps: [{ node: 'libvirt-1-format', name: 'libvirt-migration-libvirt-vda-since' }],
    disks: [{ dev: 'vda', migrating: true }],
  },
  devices: ['serial0'],
  libFolder: '/var/lib/domain-1-guest',
  channelFolder: '/run/channel/1-guest',
  rebooting: false,
  nodes: 3,
  taints: [],
  agentTimeout: -2,
  askedCpu: {
    mode: 'custom',
    match: 'exact',
    check: 'none',
    model: { name: 'qemu64', fallback: 'allow' },
    features: [],
  },
  document,
}

describe('a status', () => {
  it('is read as it was written', () => {
    expect(parseStatus(printStatus(base, 7))).toEqual({ ...base, id: 7 })
  })

  it('is read as it was written, whatever is in it', () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9.-]{0,20}$/)
    const path = fc.stringMatching(/^\/[ -~]{1,40}$/)
    const statuses = fc.record({
      pid: fc.nat(4_194_304),
      monitorPath: path,
      vcpus: fc.array(fc.record({ id: fc.nat(4096), thread: fc.nat(4_194_304) }), { minLength: 1, maxLength: 8 }),
      flags: fc.array(name, { minLength: 1, maxLength: 8 }),
      libFolder: path,
      channelFolder: path,
      rebooting: fc.boolean(),
      nodes: fc.nat(),
      taints: fc.subarray([...taintNames]),
      agentTimeout: fc.integer({ min: -2, max: 1000 }),
    })
    fc.assert(
      fc.property(statuses, fc.integer({ min: 1, max: 0x7fffffff }), (made, id) => {
        const status = { ...base, ...made }
        expect(parseStatus(printStatus(status, id))).toEqual({ ...status, id })
      }),
    )
  })

  it.each([
    ["<domstatus state='dancing' reason='booted' pid='1'/>", /'dancing'/],
    ["<domstatus state='running' reason='booted' pid='1'/>", /no domain config/],
    [printStatus(base, 1).replace(/<monitor.*\n/, ''), /no monitor path/],
    ['<domain/>', /domstatus|root element/],
  ])('is refused when it lacks what nobody can go on without (%#)', (text, message) => {
    expect(() => parseStatus(text)).toThrow(message)
  })
})
