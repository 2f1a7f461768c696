// SPDX-License-Identifier: LGPL-2.1-or-later
// Command lines of guests with what few have.
import { domain as documents } from '@virt/conf'
import { describe, expect, it } from 'vitest'
import { noKey, type QemuCaps } from '../src/capabilities/caps.js'
import { isFlag } from '../src/capabilities/flags.js'
import type { CommandContext } from '../src/command/build.js'
import { buildCommand } from '../src/command/order.js'
import { prepareDocument } from '../src/command/prepare.js'
import { sealSecret } from '../src/command/secrets.js'
import { defaultSettings } from './settings.js'

const flags = [
  'device.json+hotplug',
  'netdev.json',
  'blockjob.backing-mask-protocol',
  'seccomp-sandbox',
  'usb-hub',
  'piix3-usb-uhci',
]

const caps: QemuCaps = {
  binary: '/usr/bin/qemu-system-x86_64',
  version: 10_000_000,
  package: '',
  arch: 'x86_64',
  flags: new Set(flags.filter(isFlag)),
  accelerators: {},
  gic: [],
  sev: undefined,
  sgx: undefined,
  hyperv: undefined,
  key: noKey,
} as unknown as QemuCaps

function context(): CommandContext {
  let next = 3
  return {
    caps,
    settings: defaultSettings,
    host: {
      arch: 'x86_64',
      pageSize: 4n,
      environment: {},
      now: 0,
      utcOffset: () => 0,
      numaNodes: [0],
      nodesOf: () => [0],
    },
    paths: { lib: '/lib/guest', channelTarget: '/run/guest' },
    start: {
      fd: () => next++,
      place: (purpose) => (purpose === 'tpm-socket' ? '/run/tpm.sock' : undefined),
      secret: (what) =>
        sealSecret(Buffer.from('text' in what ? what.text : 'secret'), new Uint8Array(32), new Uint8Array(16)),
      volume: () => {
        throw new Error('there are no volumes')
      },
    },
    id: 1,
    paused: true,
    incoming: undefined,
  }
}

function argsOf(body: string, { arch = 'x86_64', machine = 'pc', devices = '' } = {}): string[] {
  const xml = `<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><name>guest</name><memory>1048576</memory>
    <os><type arch='${arch}' machine='${machine}'>hvm</type></os>${body}<devices>${devices}</devices></domain>`
  const document = documents.parse(xml, { raw: true, hooks: { namespaces: [] } })
  return [...buildCommand(prepareDocument(document), context()).args]
}

const afterOption = (args: readonly string[], option: string): string => args[args.indexOf(option) + 1] ?? ''

describe('a command line', () => {
  it('has what POWER machines are to be without, before the rest of the machine', () => {
    const features = `<features><hpt resizing='required'><maxpagesize unit='KiB'>1048576</maxpagesize></hpt><htm state='on'/><nested-hv state='off'/><cfpc value='fixed'/><ibs value='fixed-ccd'/></features>`
    const machine = afterOption(argsOf(features, { arch: 'ppc64', machine: 'pseries' }), '-machine')
    expect(machine).toContain(
      'resize-hpt=required,cap-hpt-max-page-size=1048576k,cap-htm=on,cap-nested-hv=off,cap-cfpc=fixed,cap-ibs=fixed-ccd,dump-guest-core=off',
    )
  })

  it('puts the IOMMU of ARM boards into the machine', () => {
    const args = argsOf('', { arch: 'aarch64', machine: 'virt', devices: `<iommu model='smmuv3'/>` })
    expect(afterOption(args, '-machine')).toContain(',iommu=smmuv3')
    expect(args.join(' ')).not.toContain('"iommu0"')
  })

  it('slows disks down by groups, and counts those nodes', () => {
    const groups = `<throttlegroups><throttlegroup><group_name>slow</group_name><total_bytes_sec>1000</total_bytes_sec></throttlegroup></throttlegroups>`
    const disk = `<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/a.qcow2'/><target dev='vda' bus='virtio'/><throttlefilters><throttlefilter group='slow'/></throttlefilters><address type='pci' domain='0' bus='0' slot='4' function='0'/></disk>`
    const args = argsOf(groups, { devices: disk })
    expect(args).toContain(
      '{"qom-type":"throttle-group","id":"throttle-slow","limits":{"bps-total":1000,"bps-read":0,"bps-write":0,"iops-total":0,"iops-read":0,"iops-write":0,"bps-total-max":0,"bps-read-max":0,"bps-write-max":0,"iops-total-max":0,"iops-read-max":0,"iops-write-max":0,"iops-size":0}}',
    )
    expect(args).toContain(
      '{"driver":"throttle","node-name":"libvirt-2-filter","throttle-group":"throttle-slow","file":"libvirt-1-format"}',
    )
    expect(args.some((one) => one.includes('"drive":"libvirt-2-filter"'))).toBe(true)
  })

  it('seals what is not to be seen, differently for each vector', () => {
    const key = new Uint8Array(32).fill(1)
    const one = sealSecret(Buffer.from('open sesame'), key, new Uint8Array(16))
    const other = sealSecret(Buffer.from('open sesame'), key, new Uint8Array(16).fill(2))
    expect(JSON.stringify([one, other])).not.toContain('sesame')
    expect(one.data).not.toBe(other.data)
  })

  it('reaches an emulated TPM at the place where it listens', () => {
    const args = argsOf('', { devices: `<tpm model='tpm-tis'><backend type='emulator' version='2.0'/></tpm>` })
    expect(args).toContain('socket,id=chrtpm,path=/run/tpm.sock')
    expect(args).toContain('{"driver":"tpm-tis","tpmdev":"tpm-tpm0","id":"tpm0"}')
  })
})
