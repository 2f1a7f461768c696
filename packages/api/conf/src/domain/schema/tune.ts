// SPDX-License-Identifier: LGPL-2.1-or-later
// Memory, vCPUs and their tuning: memtune, blkiotune, cputune, numatune, iothreads, resource, seclabel.

import { ErrorNumber } from '@virt/core'
import {
  attr,
  body,
  type Complaint,
  child,
  children,
  type Element,
  element,
  type Fields,
  flag,
  general,
  leaf,
  only,
  scaled,
  scaledAttr,
  scaledBody,
  virtual,
} from '../../lang/field.js'
import { absolutePath, except, form, within } from '../../lang/forms.js'
import { inKiB, pretty } from '../../lang/scale.js'
import {
  int,
  long,
  narrow,
  natural,
  numberSet,
  oneOf,
  onOff,
  text,
  token,
  uint,
  ulong,
  type Value,
  yesNo,
} from '../../lang/value.js'
import type { ReadContext } from '../../runtime/context.js'
import type { BlkioDevice, Blkiotune, Cputune, Hugepage, IothreadId, Resource, Seclabel } from '../types.gen.js'
import { internal, notPositive, unsupported } from './device.js'

/** What libvirt says of an amount at the top that is none. */
export const badAmount = (name: string): Complaint =>
  general(`Invalid value '%s' for element or attribute './${name}[1]'`)

export const memory: Element = element('memory', {
  dumpCore: attr(onOff),
  value: scaledBody(inKiB).bad(badAmount('memory')),
}).named('Memory')
export const maxMemory: Element = element('maxMemory', {
  slots: attr(uint).omit(0).bad('Failed to parse memory slot count'),
  value: scaledBody(inKiB).bad(badAmount('maxMemory')),
})

/** What is not set for a device is not told of; nor is a device for which nothing is set. */
const isTuned = ({ path: _, ...limits }: Record<string, unknown>): boolean => Object.values(limits).some(Boolean)

const noLimit = (what: string) => ({ number: unsupported, message: `could not parse ${what} %s` })

export const blkioDevice: Element = element('device', {
  path: leaf(absolutePath).must(),
  weight: leaf(within(uint, 100, 1000))
    .omit(0)
    .bad(noLimit('weight')),
  read_iops_sec: leaf(uint).omit(0).bad(noLimit('read iops sec')),
  write_iops_sec: leaf(uint).omit(0).bad(noLimit('write iops sec')),
  read_bytes_sec: leaf(ulong).omit(0n).bad(noLimit('read bytes sec')),
  write_bytes_sec: leaf(ulong).omit(0n).bad(noLimit('write bytes sec')),
})
  .if(isTuned)
  .finish(({ path }: BlkioDevice, context: ReadContext) => {
    if (path === undefined) context.fail('missing per-device path', unsupported)
  })

export const blkiotune: Element = element('blkiotune', {
  weight: leaf(within(uint, 100, 1000))
    .omit(0)
    .lax(),
  devices: children(blkioDevice),
}).finish(({ devices }: Blkiotune, context: ReadContext) => {
  const paths = new Set<string | undefined>()
  for (const { path } of devices) {
    if (paths.has(path)) context.fail(`duplicate blkio device path '${path}'`, unsupported)
    paths.add(path)
  }
})

export const memtune: Element = element('memtune', {
  hard_limit: scaled(inKiB),
  soft_limit: scaled(inKiB),
  min_guarantee: scaled(inKiB).omit(0n),
  swap_hard_limit: scaled(inKiB),
})

const unknownBacking = (what: string) => ({ number: unsupported, message: `unknown memoryBacking/${what} '%s'` })

export const hugepage: Element = element('page', { size: scaledAttr(inKiB).must(), nodeset: attr(numberSet) }).finish(
  ({ size }: Hugepage, context: ReadContext) => {
    if (size === undefined) context.reject("missing element or attribute './@size'")
    if (size === 0n) context.fail("hugepage size can't be zero", ErrorNumber.XML_DETAIL)
  },
)
export const memoryBacking: Element = element('memoryBacking', {
  hugepages: child(element('hugepages', { pages: children(hugepage) }).keepEmpty()),
  nosharepages: flag(),
  locked: flag(),
  source: only('type', oneOf('none', 'file', 'anonymous', 'memfd'))
    .orEmpty()
    .omit('none')
    .bad(unknownBacking('source/type')),
  access: only('mode', oneOf('default', 'shared', 'private'))
    .orEmpty()
    .omit('default')
    .bad(unknownBacking('access/mode')),
  allocation: child(
    element('allocation', {
      mode: attr(oneOf('none', 'immediate', 'ondemand'))
        .omit('none')
        .bad(unknownBacking('allocation/mode')),
      threads: attr(uint).omit(0),
    }),
  ),
  discard: flag(),
})

export const vcpu: Element = element('vcpu', {
  placement: attr(oneOf('static', 'auto')),
  cpuset: attr(numberSet),
  current: attr(within(uint, 1, 65535)),
  count: body(within(uint, 1, 65535)).bad('maximum vcpus count must be an integer'),
})
export const vcpuEntry: Element = element('vcpu', {
  id: attr(uint).required(),
  enabled: attr(yesNo).required(),
  hotpluggable: attr(yesNo),
  order: attr(uint).omit(0),
})

export const iothreadPoll: Element = element('poll', { max: attr(ulong), grow: attr(ulong), shrink: attr(ulong) })
const poolSize: Value = within(natural, 0, 0xffffffff)

export const iothreadId: Element = element('iothread', {
  id: attr(uint).required(),
  thread_pool_min: attr(poolSize),
  thread_pool_max: attr(poolSize),
  poll: child(iothreadPoll),
  auto: virtual('boolean'),
})
/** Whether the user said anything about the thread. */
export const isChosen = (thread: IothreadId): boolean => thread.auto !== true
export const defaultIothread: Element = element('defaultiothread', {
  thread_pool_min: attr(poolSize),
  thread_pool_max: attr(poolSize),
})

const schedule: Fields = {
  scheduler: attr(except(oneOf('other', 'batch', 'idle', 'fifo', 'rr'), 'other')).required(),
  priority: attr(int).where('scheduler', 'fifo', 'rr').anywhere().required().may(),
}

export const cacheAllocation: Element = element('cache', {
  id: attr(uint).required(),
  level: attr(uint).required(),
  type: attr(oneOf('both', 'code', 'data')).required(),
  size: scaledAttr(pretty),
})
export const cachetune: Element = element('cachetune', {
  vcpus: attr(numberSet)
    .required("Missing cachetune attribute 'vcpus'")
    .bad("Invalid cachetune attribute 'vcpus' value '%s'"),
  id: attr(text).when('live'),
  caches: children(cacheAllocation),
  monitors: children(
    element('monitor', {
      level: attr(narrow(uint, (level: number) => level === 3))
        .required()
        .bad("Invalid monitor cache level '%s'"),
      vcpus: attr(numberSet).required(),
    }),
  ),
}).strict(({ children: parts }) => (parts.size === 0 ? 'it is empty' : undefined))
export const memorytune: Element = element('memorytune', {
  vcpus: attr(numberSet)
    .required("Missing memorytune attribute 'vcpus'")
    .bad("Invalid memorytune attribute 'vcpus' value '%s'"),
  id: attr(text).when('live'),
  nodes: children(element('node', { id: attr(uint).required(), bandwidth: attr(uint).required() })),
  monitors: children(element('monitor', { vcpus: attr(numberSet).required() })),
})

const period = (name: string) =>
  leaf(within(ulong, 1000n, 1_000_000n))
    .omit(0n)
    .bad(`can't parse cputune ${name} value`)
const quota = (name: string) =>
  leaf(form(long, /-?[0-9]{1,14}/))
    .omit(0n)
    .bad(`can't parse cputune ${name} value`)

export const vcpuPin: Element = element('vcpupin', {
  vcpu: attr(uint).required(),
  cpuset: attr(numberSet).required(internal('missing cpuset for vcpupin')),
})
export const iothreadPin: Element = element('iothreadpin', {
  iothread: attr(narrow(uint, (id: number) => id > 0))
    .required()
    .bad(notPositive('iothreadpin', 'iothread')),
  cpuset: attr(numberSet).required(internal('missing cpuset for iothreadpin')),
})
/** Which ones a schedule is for. */
const scheduled = (name: string) =>
  attr(numberSet)
    .required(`Missing attribute '${name}' in element '${name.slice(0, -1)}sched'`)
    .may()
export const cpuSched: Element = element('vcpusched', { vcpus: scheduled('vcpus'), ...schedule })
export const iothreadSched: Element = element('iothreadsched', { iothreads: scheduled('iothreads'), ...schedule })

export const cputune: Element = element('cputune', {
  shares: leaf(ulong).bad("can't parse cputune shares value"),
  period: period('period'),
  quota: quota('quota'),
  global_period: period('global period'),
  global_quota: quota('global quota'),
  emulator_period: period('emulator period'),
  emulator_quota: quota('emulator quota'),
  iothread_period: period('iothread period'),
  iothread_quota: quota('iothread quota'),
  vcpupins: children(vcpuPin),
  emulatorpin: only('cpuset', numberSet)
    .required(internal('missing cpuset for emulatorpin'))
    .once('only one emulatorpin is supported'),
  emulatorsched: child(element('emulatorsched', schedule)),
  iothreadpins: children(iothreadPin),
  vcpuscheds: children(cpuSched),
  iothreadscheds: children(iothreadSched),
  cachetunes: children(cachetune),
  memorytunes: children(memorytune),
}).finish(({ vcpupins, iothreadpins }: Cputune, context: ReadContext) => {
  const twice = <T>(list: readonly T[]): T | undefined => {
    const seen = new Set<T>()
    return list.find((one) => seen.size === seen.add(one).size)
  }
  const vcpu = twice(vcpupins.map((pin) => pin.vcpu))
  if (vcpu !== undefined) context.fail(`duplicate vcpupin for vcpu '${vcpu}'`, ErrorNumber.INTERNAL_ERROR)
  const thread = twice(iothreadpins.map((pin) => pin.iothread))
  if (thread !== undefined)
    context.fail(`duplicate iothreadpin for same iothread '${thread}'`, ErrorNumber.INTERNAL_ERROR)
})

export const numatuneMode: Value = oneOf('strict', 'preferred', 'interleave', 'restrictive')
const unknownTuning = (what: string) => ({ number: unsupported, message: `Unsupported NUMA memory ${what} mode '%s'` })

export const numatune: Element = element('numatune', {
  memory: child(
    element('memory', {
      mode: attr(numatuneMode).bad(unknownTuning('tuning')),
      nodeset: attr(numberSet),
      placement: attr(oneOf('default', 'static', 'auto'))
        .bad(unknownTuning('placement'))
        .if((memory: { placement: string }) => memory.placement === 'auto'),
    })
      .strict(({ attributes }) =>
        attributes.get('placement') === 'auto' && attributes.has('nodeset') ? 'auto has no nodeset' : undefined,
      )
      .named('NumatuneMemory'),
  ),
  memnodes: children(
    element('memnode', {
      cellid: attr(uint).required(),
      mode: attr(numatuneMode),
      nodeset: attr(numberSet).required('Missing required nodeset attribute in memnode element'),
    }),
  ),
})

export const resource: Element = element('resource', {
  partition: leaf({ ...absolutePath, parse: token.parse }),
  fibrechannel: only('appid', token).orEmpty(),
}).finish(({ partition, fibrechannel }: Resource, context: ReadContext) => {
  // differs: libvirt refuses it without a word.
  if (partition === undefined && fibrechannel === undefined) context.fail('missing partition in element resource')
})

export const seclabel: Element = element('seclabel', {
  type: attr(oneOf('default', 'none', 'dynamic', 'static'))
    .default('default')
    .omit('default'),
  model: attr(token),
  relabel: attr(yesNo).if((label: Seclabel) => label.type !== 'none'),
  label: leaf(text),
  imagelabel: leaf(text).when('live'),
  baselabel: leaf(text),
})
  .finish((label: Seclabel, context: ReadContext) => {
    if (label.type === 'dynamic' && label.relabel === false)
      context.fail('dynamic label type must use resource relabeling', unsupported)
    if (label.type === 'none' && label.relabel === true)
      context.fail("resource relabeling is not compatible with 'none' label type", unsupported)
    if (label.type === 'static' && label.label === undefined) context.fail('security label is missing')
    label.relabel ??= label.type === 'dynamic'
    // A label that was made for one run is of no use to the next.
    if (label.type !== 'static' && context.has('inactive')) label.label = undefined
  })
  .if((label: Seclabel) => label.type !== 'default')
