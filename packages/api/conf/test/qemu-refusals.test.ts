// SPDX-License-Identifier: LGPL-2.1-or-later
// Definitions of QEMU guests that are wrong in one place are refused as libvirt's QEMU driver (11.3) refuses them.
import { ErrorDomain, VirtError } from '@virt/core'
import { describe, expect, it } from 'vitest'
import { domain, qemuDomainHooks } from '../src/index.js'
import { qemuHost } from './qemu-host.js'
import { general } from './refusals/general.js'
import { qemuDevices } from './refusals/qemu-devices.js'
import { qemuDisks } from './refusals/qemu-disks.js'
import { qemuDomains } from './refusals/qemu-domains.js'
import { qemuFamilies } from './refusals/qemu-families.js'

const machine = { maxCpus: 255, hotplugCpus: true, isDefault: false, numaMemory: false, deprecated: false, acpi: true }

const lacking = new Set(
  'vxhs ncr53c90 virtio-blk-pci.scsi vfio-ccw vfio-ap s390-sclp sclplmconsole tpm-spapr spapr-tpm-proxy sev-guest sev-snp-guest s390-pv-guest'.split(
    ' ',
  ),
)
/** A QEMU that can do all but little. */
const host = qemuHost({
  version: 10_000_000,
  has: (flag) => !lacking.has(flag),
  machines: () => ['pc', 'q35'].map((name) => ({ ...machine, name, defaultCpu: 'qemu64' })),
})
const hooks = qemuDomainHooks(host)

/** How the texts of a number begin. */
const beginnings: Readonly<Record<number, string>> = {
  1: 'internal error: ',
  3: 'this function is not supported by the connection driver: ',
  19: 'missing source information for device ',
  8: 'invalid argument: ',
  27: 'XML error: ',
  67: 'unsupported configuration: ',
  84: 'Operation not supported: ',
}

/** Rows of the tables: machine, what is in the definition, number and text. */
const rows = [
  ...`${qemuDisks}${qemuDevices}${qemuDomains}${qemuFamilies}`.matchAll(/^(\d+) (.*)\n {2}(?:\[(\w+)\] )?(.*)$/gm),
].map(
  ([, number = '', text = '', name = 'pc', inside = '']) =>
    [name, inside, Number(number), `${beginnings[Number(number)] ?? ''}${text}`] as const,
)

function refused(name: string, inside: string): unknown {
  const devices = inside.startsWith('<domain>') ? '' : `<devices>${inside}</devices>`
  const own = devices === '' ? inside.replace(/^<domain>/, '') : ''
  const os = own.includes('<os') ? '' : `<os><type arch='x86_64' machine='${name}'>hvm</type></os>`
  const vcpu = own.includes('<vcpu') ? '' : '<vcpu>2</vcpu>'
  const threads = own.includes('<iothreads') ? '' : '<iothreads>1</iothreads>'
  const text = `<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><name>a</name><memory unit='KiB'>524288</memory>${own}${vcpu}${threads}${os}${devices}</domain>`
  try {
    domain.parse(text, { inactive: true, abiUpdate: true, hooks })
  } catch (error) {
    if (error instanceof VirtError) {
      if (general.test(error.message)) expect(error.domain).toBe(ErrorDomain.XML)
      return [error.number, error.message.trimEnd()]
    }
    throw error
  }
  return 'taken'
}

describe('a wrong definition of a QEMU guest', () => {
  it.each(rows)('on %s with %s is refused in libvirt’s words', (name, inside, number, message) => {
    expect(refused(name, inside)).toEqual([number, message])
  })
})
