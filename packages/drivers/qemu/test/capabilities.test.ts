// SPDX-License-Identifier: LGPL-2.1-or-later
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseCaps, printCaps } from '../src/capabilities/cache.js'
import { type CpuProperty, canonicalMachine, findMachine, noKey, type QemuCaps } from '../src/capabilities/caps.js'
import { flags } from '../src/capabilities/flags.js'
import { emptyEvidence, shownFlags } from '../src/capabilities/probe-flags.js'
import { QapiSchema } from '../src/capabilities/qapi-schema.js'

const schema = new QapiSchema([
  { name: 'blockdev-add', 'meta-type': 'command', 'arg-type': '1', 'ret-type': '2' },
  { name: 'query-cpu-definitions', 'meta-type': 'command', 'arg-type': '2', 'ret-type': '[3]' },
  {
    name: '1',
    'meta-type': 'object',
    tag: 'driver',
    members: [
      { name: 'driver', type: '4' },
      { name: 'read-only', type: 'bool', default: null, features: ['unstable'] },
    ],
    variants: [{ case: 'file', type: '5' }],
  },
  { name: '2', 'meta-type': 'object', members: [] },
  { name: '[3]', 'meta-type': 'array', 'element-type': '5' },
  { name: '4', 'meta-type': 'enum', values: ['file', 'null-co'], members: [{ name: 'file' }, { name: 'null-co' }] },
  {
    name: '5',
    'meta-type': 'object',
    members: [
      { name: 'filename', type: 'str' },
      { name: 'size', type: 'int', default: null },
    ],
  },
  { name: 'str', 'meta-type': 'builtin', 'json-type': 'string' },
  { name: 'int', 'meta-type': 'builtin', 'json-type': 'int' },
  { name: 'bool', 'meta-type': 'builtin', 'json-type': 'boolean' },
])

describe("QEMU's description of itself", () => {
  it.each([
    ['blockdev-add', true],
    ['nbd-server-start', false],
    ['blockdev-add/arg-type/driver/^file', true],
    ['blockdev-add/arg-type/driver/^qcow2', false],
    ['blockdev-add/arg-type/+file/filename/!string', true],
    ['blockdev-add/arg-type/+qcow2', false],
    ['blockdev-add/arg-type/*read-only', true],
    ['blockdev-add/arg-type/*driver', false],
    ['blockdev-add/arg-type/read-only/$unstable', true],
    ['query-cpu-definitions/ret-type/filename', true],
  ])('knows whether there is %s: %s', (path, found) => {
    expect(schema.has(path)).toBe(found)
  })

  it.each([
    [{ driver: 'file', filename: '/x' }, undefined],
    [{ driver: 'file', filename: '/x', size: 7 }, undefined],
    [{ driver: 'null-co' }, undefined],
    [{ filename: '/x' }, "no 'driver' to choose a variant by"],
    [{ driver: 'file' }, "no 'filename'"],
    [{ driver: 'null-co', filename: '/x' }, "'filename' is unknown"],
    [{ driver: 'file', filename: 1 }, 'filename: not of type string'],
    [[], 'not an object'],
  ])('says what is wrong with %j', (value, wrong) => {
    expect(schema.invalid(value, schema.find('blockdev-add/arg-type') ?? {})).toBe(wrong)
  })
})

it('flags show in what QEMU has', () => {
  const evidence = emptyEvidence('x86_64', schema)
  evidence.types = new Set(['virtio-scsi-device', 'hda-micro'])
  evidence.devices.set('virtio-blk-pci', [new Map([['scsi', false]])])
  evidence.options.set('spice', new Set(['gl']))
  const shown = shownFlags(evidence)
  const wanted = [
    'virtio-scsi-pci',
    'hda-micro',
    'virtio-blk-pci.scsi',
    'virtio-blk-pci.scsi.default.disabled',
    'spice',
    'spice-gl',
  ]
  for (const flag of wanted) expect([...shown]).toContain(flag)
  expect([...shown]).not.toContain('kvm')
})

const text = fc.string({ minLength: 1, maxLength: 12 }).filter((s) => /^[!-~][ -~]*$/.test(s) && s === s.trim())
const property: fc.Arbitrary<CpuProperty> = fc.oneof(
  fc.record({ name: text, value: fc.boolean(), migratable: fc.boolean() }),
  fc.record({ name: text, value: fc.oneof(fc.integer(), fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }), text) }),
)
const caps: fc.Arbitrary<QemuCaps> = fc.record({
  binary: fc.constant('/usr/bin/qemu-system-x86_64'),
  version: fc.integer({ min: 6_002_000, max: 11_000_000 }),
  package: text,
  arch: fc.constantFrom('x86_64', 'aarch64'),
  flags: fc.subarray([...flags]).map((list) => new Set(list)),
  accelerators: fc.record(
    {
      tcg: fc.record({
        hostCpu: fc.option(
          fc.record({
            model: text,
            migratability: fc.boolean(),
            properties: fc.array(property),
            deprecated: fc.array(text),
          }),
          { nil: undefined },
        ),
        cpus: fc.array(
          fc.record({
            name: text,
            typename: fc.option(text, { nil: undefined }),
            usable: fc.option(fc.boolean(), { nil: undefined }),
            blockers: fc.array(text),
            deprecated: fc.boolean(),
          }),
          { minLength: 1 },
        ),
        machines: fc.array(
          fc.record({
            name: text,
            alias: fc.option(text, { nil: undefined }),
            hotplugCpus: fc.boolean(),
            maxCpus: fc.nat(4096),
            isDefault: fc.boolean(),
            defaultCpu: fc.option(text, { nil: undefined }),
            numaMemSupported: fc.boolean(),
            defaultRamId: fc.option(text, { nil: undefined }),
            deprecated: fc.boolean(),
            acpi: fc.option(fc.boolean(), { nil: undefined }),
          }),
        ),
      }),
    },
    { requiredKeys: [] },
  ),
  gic: fc.array(fc.record({ version: fc.integer({ min: 2, max: 3 }), kernel: fc.boolean(), emulated: fc.boolean() })),
  sev: fc.constant(undefined),
  sgx: fc.constant(undefined),
  hyperv: fc.option(fc.subarray(['relaxed', 'vapic'], { minLength: 1 }), { nil: undefined }),
  key: fc.record({
    binaryTime: fc.nat(),
    modulesTime: fc.nat(),
    ownVersion: fc.nat(),
    microcode: fc.nat(),
    cpuSignature: text,
    kernel: text,
    kvm: fc.boolean(),
  }),
})

it('findings are the same when they are read again', () => {
  fc.assert(
    fc.property(caps, (found) => {
      expect(parseCaps(printCaps(found))).toEqual(found)
    }),
    { numRuns: 50 },
  )
})

it('a machine is found by name and alias, and the first is the one to take', () => {
  const machine = (name: string, alias?: string): Record<string, unknown> => ({ name, alias })
  const found = {
    key: noKey,
    accelerators: { tcg: { machines: [machine('pc-q35-7.2', 'q35'), machine('pc-i440fx-7.2', 'pc')] } },
  } as unknown as QemuCaps
  expect(findMachine(found, 'tcg')?.name).toBe('pc-q35-7.2')
  expect(findMachine(found, 'tcg', 'pc')?.name).toBe('pc-i440fx-7.2')
  expect(findMachine(found, 'kvm', 'pc')).toBeUndefined()
  expect(canonicalMachine(found, 'tcg', 'q35')).toBe('pc-q35-7.2')
  expect(canonicalMachine(found, 'tcg', 'other')).toBe('other')
})
