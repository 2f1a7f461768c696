// SPDX-License-Identifier: LGPL-2.1-or-later
// <features>, <clock>, <keywrap>, <launchSecurity>, <perf>: switches of the machine.

import { ErrorNumber } from '@virt/core'
import {
  attr,
  by,
  child,
  children,
  type Element,
  element,
  type Field,
  type Fields,
  flag,
  leaf,
  only,
  scaled,
} from '../../lang/field.js'
import { form } from '../../lang/forms.js'
import { inKiB, pretty } from '../../lang/scale.js'
import {
  hex,
  hexLong,
  long,
  never,
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
import type { Clock, Hyperv, Keywrap, Perf } from '../types.gen.js'

const state: Fields = { state: attr(onOff).default(true) }
/** `<name state='on'/>`; without the attribute it is on. */
const switched = (name: string, more: Fields = {}): Element => element(name, { ...state, ...more })
const switches = (...names: string[]): Fields => Object.fromEntries(names.map((name) => [name, child(switched(name))]))
const stateOnly = () => only('state', onOff)

export const featureSwitch: Element = element('feature', state)

const hypervSwitches = (...names: string[]): Fields =>
  Object.fromEntries(names.map((name) => [name, only('state', onOff).required()]))

/** Fewest tries of a lock that Hyper-V knows. */
const leastRetries = 4095
/** Longest name of a vendor that fits into the registers of CPUID. */
const longestVendor = 12

function checkVendor({ vendor_id: vendor }: Hyperv, context: ReadContext): void {
  if (vendor === undefined) return
  if (vendor.state !== true) delete vendor.value
  else if (!vendor.value) context.fail("missing 'value' attribute for HyperV feature 'vendor_id'")
  else if (vendor.value.length > longestVendor)
    context.fail(`HyperV vendor_id value must not be more than ${longestVendor} characters.`)
  else if (vendor.value.includes(',')) context.fail('HyperV vendor_id value is invalid')
}

export const hyperv: Element = element('hyperv', {
  mode: attr(oneOf('none', 'custom', 'passthrough')).omit('none'),
  ...hypervSwitches('relaxed', 'vapic'),
  spinlocks: child(
    element('spinlocks', {
      state: attr(onOff).required(),
      retries: attr(uint).where('state', true).anywhere().required().may(),
    }),
  ),
  ...hypervSwitches('vpindex', 'runtime', 'synic'),
  stimer: child(element('stimer', { state: attr(onOff).required().may(), direct: stateOnly().required() })),
  ...hypervSwitches('reset'),
  vendor_id: child(element('vendor_id', { state: attr(onOff).required(), value: attr(form(text, /[^,]{0,12}/)) })),
  ...hypervSwitches('frequencies', 'reenlightenment'),
  tlbflush: child(
    element('tlbflush', {
      state: attr(onOff).required().may(),
      direct: stateOnly().required(),
      extended: stateOnly().required(),
    }),
  ),
  ...hypervSwitches('ipi', 'evmcs', 'avic', 'emsr_bitmap', 'xmm_input'),
})
  .keepOpen()
  .finish((hyperv: Hyperv, context: ReadContext) => {
    if (hyperv.mode === undefined || hyperv.mode === 'none') hyperv.mode = 'custom'
    if ((hyperv.spinlocks?.retries ?? leastRetries) < leastRetries)
      context.fail(`HyperV spinlock retry count must be at least ${leastRetries}`)
    for (const one of [hyperv.stimer, hyperv.tlbflush] as ({ [key: string]: boolean | undefined } | undefined)[])
      for (const key of ['direct', 'extended'])
        if (one !== undefined && (one.state !== true || one[key] === false)) delete one[key]
    checkVendor(hyperv, context)
  })

const capabilityNames = [
  'audit_control',
  'audit_write',
  'block_suspend',
  'chown',
  'dac_override',
  'dac_read_search',
  'fowner',
  'fsetid',
  'ipc_lock',
  'ipc_owner',
  'kill',
  'lease',
  'linux_immutable',
  'mac_admin',
  'mac_override',
  'mknod',
  'net_admin',
  'net_bind_service',
  'net_broadcast',
  'net_raw',
  'setgid',
  'setfcap',
  'setpcap',
  'setuid',
  'sys_admin',
  'sys_boot',
  'sys_chroot',
  'sys_module',
  'sys_nice',
  'sys_pacct',
  'sys_ptrace',
  'sys_rawio',
  'sys_resource',
  'sys_time',
  'sys_tty_config',
  'syslog',
  'wake_alarm',
]

export const features: Element = element('features', {
  acpi: flag(),
  apic: child(element('apic', { eoi: attr(onOff) }).keepEmpty()),
  pae: flag(),
  hap: child(switched('hap').keepEmpty()),
  viridian: flag(),
  privnet: flag(),
  hyperv: child(hyperv),
  kvm: child(
    element('kvm', {
      hidden: stateOnly().required(),
      'hint-dedicated': stateOnly().required(),
      'poll-control': stateOnly().required(),
      'pv-ipi': stateOnly().required(),
      'dirty-ring': child(
        element('dirty-ring', {
          state: attr(onOff).required().may(),
          size: attr(uint).where('state', true).anywhere().required().may(),
        }),
      ),
    }).keepOpen(),
  ),
  pvspinlock: child(switched('pvspinlock')),
  capabilities: child(
    element('capabilities', {
      policy: attr(oneOf('default', 'allow', 'deny')),
      ...Object.fromEntries(capabilityNames.map((name) => [name, stateOnly()])),
    }),
  ),
  ...switches('pmu', 'vmport'),
  gic: child(element('gic', { version: attr(oneOf('host', '2', '3')) }).keepEmpty()),
  smm: child(
    switched('smm', {
      tseg: scaled({ ...pretty, standard: 1048576n })
        .where('state', true)
        .anywhere(),
    }),
  ),
  ioapic: only('driver', oneOf('kvm', 'qemu')),
  hpt: child(
    element('hpt', {
      resizing: attr(oneOf('none', 'enabled', 'disabled', 'required')).omit('none'),
      maxpagesize: scaled(inKiB),
    }),
  ),
  ...switches('vmcoreinfo', 'htm', 'nested-hv'),
  msrs: only('unknown', oneOf('ignore', 'fault')),
  ...switches('ccf-assist'),
  xen: child(
    element('xen', {
      e820_host: stateOnly(),
      passthrough: child(
        element('passthrough', {
          state: attr(onOff).required().may(),
          mode: attr(oneOf('default', 'sync_pt', 'share_pt'))
            .where('state', true)
            .anywhere()
            .omit('default'),
        }),
      ),
    }).keepOpen(),
  ),
  cfpc: only('value', oneOf('none', 'broken', 'workaround', 'fixed')),
  sbbc: only('value', oneOf('none', 'broken', 'workaround', 'fixed')),
  ibs: only('value', oneOf('none', 'broken', 'workaround', 'fixed-ibs', 'fixed-ccd', 'fixed-na')),
  tcg: child(element('tcg', { 'tb-cache': scaled(inKiB) })),
  'async-teardown': child(element('async-teardown', { enabled: attr(yesNo).default(true) })),
  ...switches('ras', 'ps2'),
  aia: only('value', oneOf('none', 'aplic', 'aplic-imsic')),
})

export const timerName: Value = oneOf('platform', 'pit', 'rtc', 'hpet', 'tsc', 'kvmclock', 'hypervclock', 'armvtimer')

/** What only some timers have; for others it is an error to say it. */
function ofTimers(what: string, field: Field, ...names: string[]): Field {
  const rows = (timerName.members ?? []).map((name): [string, Field] => {
    const message = `timer ${name} doesn't support setting of timer ${what}`
    return [name, names.includes(name) ? field : attr(never).bad({ number: ErrorNumber.CONFIG_UNSUPPORTED, message })]
  })
  return by('name', Object.fromEntries(rows))
}

export const timer: Element = element('timer', {
  name: attr(timerName).required(),
  present: attr(yesNo),
  tickpolicy: attr(oneOf('delay', 'catchup', 'merge', 'discard')),
  track: ofTimers('track', attr(oneOf('boot', 'guest', 'wall', 'realtime')), 'platform', 'rtc'),
  frequency: ofTimers('frequency', attr(ulong).omit(0n), 'tsc'),
  mode: ofTimers('mode', attr(oneOf('auto', 'native', 'emulate', 'paravirt', 'smpsafe')), 'tsc'),
  catchup: child(
    element('catchup', { threshold: attr(ulong).omit(0n), slew: attr(ulong).omit(0n), limit: attr(ulong).omit(0n) }),
  ),
})

/** Seconds, or the word for starting anew. */
const adjustment: Value = {
  ...form(text, /[-+]?[0-9]+|\s*reset\s*/),
  parse: (raw) => {
    if (raw === 'reset') return raw
    const seconds = long.parse(raw)
    return seconds === undefined ? undefined : String(seconds)
  },
}
const offsets = { timezone: 'timezone', start: 'absolute' } as const
const absent = (name: keyof typeof offsets) => ({
  number: ErrorNumber.INTERNAL_ERROR,
  message: `missing '${name}' attribute for clock with offset='${offsets[name]}'`,
})

export const clock: Element = element('clock', {
  offset: attr(oneOf('utc', 'localtime', 'variable', 'timezone', 'absolute'))
    .default('utc')
    .must()
    .bad({ number: 67, message: "unknown clock offset '%s'" }),
  adjustment: attr(adjustment).orEmpty().lax(),
  basis: attr(oneOf('utc', 'localtime')).bad({ number: 67, message: "unknown clock basis '%s'" }),
  timezone: attr({ ...form(text, /[a-zA-Z0-9_.+\-/]+/), parse: token.parse })
    .where('offset', 'timezone')
    .orEmpty()
    .required(absent('timezone'))
    .may(),
  start: attr(ulong).where('offset', 'absolute').required(absent('start')).bad(absent('start')),
  adjustment0: attr(long).when('clockAdjust'),
  timers: children(timer),
}).finish((clock: Clock) => {
  if (clock.offset === 'utc' || clock.offset === 'localtime') {
    if (clock.adjustment !== undefined && clock.adjustment !== 'reset') {
      const basis = clock.offset
      Object.assign(clock, { offset: 'variable', basis })
    }
    return
  }
  if (clock.offset !== 'variable') return
  if (clock.adjustment === undefined || clock.adjustment === 'reset') clock.adjustment = '0'
  clock.basis ??= 'utc'
})

export const keywrap: Element = element('keywrap', {
  ciphers: children(
    element('cipher', { name: attr(oneOf('aes', 'dea')).required(), state: attr(onOff).required() }),
  ).must(),
}).finish((wrap: Keywrap, context: ReadContext) => {
  const names = new Set<string>()
  for (const { name } of wrap.ciphers) {
    if (names.has(name))
      context.fail(
        `A domain definition can have no more than one cipher node with name ${name}`,
        ErrorNumber.INTERNAL_ERROR,
      )
    names.add(name)
  }
  wrap.ciphers = [...wrap.ciphers].sort((a, b) => (a.name < b.name ? -1 : 1))
})

const sevTypes = ['sev', 'sev-snp'] as const
export const launchSecurity: Element = element('launchSecurity', {
  type: attr(oneOf('sev', 'sev-snp', 's390-pv')).required(),
  kernelHashes: attr(yesNo).where('type', ...sevTypes),
  authorKey: attr(yesNo).where('type', 'sev-snp'),
  vcek: attr(yesNo).where('type', 'sev-snp'),
  cbitpos: leaf(uint)
    .where('type', ...sevTypes)
    .bad('Invalid format for launch security cbitpos'),
  reducedPhysBits: leaf(uint)
    .where('type', ...sevTypes)
    .bad('Invalid format for launch security reduced-phys-bits'),
  policy: by('type', {
    sev: leaf(form(hex(4), /(0x)?[0-9a-f]+/))
      .required('failed to get launch security policy')
      .bad('failed to get launch security policy'),
    'sev-snp': leaf(form(hexLong(8, 16), /(0x)?[0-9a-f]+/)).bad(
      'failed to get launch security policy for launch security type SEV-SNP',
    ),
  }),
  dhCert: leaf(text).where('type', 'sev'),
  session: leaf(text).where('type', 'sev'),
  guestVisibleWorkarounds: leaf(text).where('type', 'sev-snp'),
  idBlock: leaf(text).where('type', 'sev-snp'),
  idAuth: leaf(text).where('type', 'sev-snp'),
  hostData: leaf(text).where('type', 'sev-snp'),
}).tolerates({ handle: leaf(uint).where('type', 'sev') })

export const perfEventName: Value = oneOf(
  'cmt',
  'mbmt',
  'mbml',
  'cpu_cycles',
  'instructions',
  'cache_references',
  'cache_misses',
  'branch_instructions',
  'branch_misses',
  'bus_cycles',
  'stalled_cycles_frontend',
  'stalled_cycles_backend',
  'ref_cpu_cycles',
  'cpu_clock',
  'task_clock',
  'page_faults',
  'context_switches',
  'cpu_migrations',
  'page_faults_min',
  'page_faults_maj',
  'alignment_faults',
  'emulation_faults',
)
export const perf: Element = element('perf', {
  events: children(element('event', { name: attr(perfEventName).required(), enabled: attr(yesNo).required() })),
}).finish((perf: Perf, context: ReadContext) => {
  const order = perfEventName.members ?? []
  for (const [i, { name }] of perf.events.entries())
    if (perf.events.findIndex((one) => one.name === name) < i)
      context.fail(`perf event '${name}' was already specified`)
  perf.events = [...perf.events].sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name))
})
