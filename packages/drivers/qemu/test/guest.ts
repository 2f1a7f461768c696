// SPDX-License-Identifier: LGPL-2.1-or-later
// A guest that runs, without a QEMU: its monitor is a pipe, its process a fake.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { domain as documents } from '@virt/conf'
import { dirsBelow, eventIds, processServices } from '@virt/core'
import type { Native } from '@virt/native'
import { fakeNative } from '@virt/native/testing'
import { LogKeeper, ObjectLog } from '@virt/stateful'
import { afterAll } from 'vitest'
import { noKey } from '../src/capabilities/caps.js'
import { recordFor } from '../src/domain/owner.js'
import type { QemuDomain } from '../src/domain/record.js'
import { State } from '../src/domain/states.js'
import { driverPaths } from '../src/host/paths.js'
import { readSettings } from '../src/host/settings.js'
import { Monitor } from '../src/monitor/monitor.js'
import { takeEvent } from '../src/process/monitor-events.js'
import type { Run } from '../src/process/run.js'
import { Security } from '../src/security/security.js'
import { QemuState } from '../src/state.js'
import { type FarEnd, pipe } from '../src/testing/pipe.js'

const root = mkdtempSync(join(tmpdir(), 'qemu-events-'))
afterAll(() => rmSync(root, { recursive: true }))

/** Events that are noted. */
const names = [
  'ioError',
  'ioErrorReason',
  'trayChange',
  'blockThreshold',
  'graphics',
  'memoryFailure',
  'memoryDeviceSizeChange',
  'deviceRemovalFailed',
  'lifecycle',
  'reboot',
  'watchdog',
  'rtcChange',
  'balloonChange',
  'deviceRemoved',
  'pmsuspend',
  'pmwakeup',
] as const
/** Events are handed over when whoever caused them is done. */
export const delivered = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const disks = `<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/images/top' index='2'/>
  <backingStore type='file' index='3'><format type='raw'/><source file='/images/base'/><backingStore/></backingStore>
  <target dev='vda' bus='virtio'/><alias name='virtio-disk0'/></disk>
  <disk type='file' device='cdrom'><source file='/images/cd' index='1'/><target dev='hdc' bus='ide'/><readonly/><alias name='ide0-1-0'/></disk>`
const channel = `<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/><alias name='channel0'/></channel>`

/** A guest that runs, and what is told of it. */
export interface RunningGuest {
  readonly state: QemuState
  readonly domain: QemuDomain
  readonly run: Run
  /** Events that were told of it. */
  readonly told: string[]
  /** QEMU's end of its monitor. */
  readonly far: FarEnd
  /** QEMU tells of something. */
  tell(event: string, data?: object): void
}

export async function runningGuest(): Promise<RunningGuest> {
  const services = processServices({ dirs: dirsBelow(root) })
  const paths = driverPaths('embed', services.dirs)
  const fake = fakeNative()
  // The fake is typed by what was built, the rest by its sources.
  const native = fake as unknown as Native
  const settings = await readSettings(paths)
  const security = await Security.open(native, services.log, settings, false)
  const state = new QemuState({ services, native, paths, settings, security, cgroups: undefined })
  const xml = `<domain type='qemu'><name>guest</name><uuid>f1f2f3f4-0000-4000-8000-000000000001</uuid><memory>4096</memory>
    <os><type arch='x86_64' machine='pc'>hvm</type></os><devices>${disks}${channel}</devices></domain>`
  const domain = recordFor(state, documents.parse(xml, { raw: true }))
  domain.id = 1
  domain.state = State.running
  state.domains.add(domain)
  const { near: transport, far } = pipe()
  const run: Run = {
    facts: {
      pid: 1000,
      monitorPath: '',
      libFolder: '',
      channelFolder: '',
      vcpus: [],
      iothreads: [],
      askedCpu: undefined,
      group: undefined,
      namespaced: false,
      implicit: new Set(),
      nodes: 0,
      caps: {
        binary: '',
        version: 0,
        package: '',
        arch: '',
        flags: new Set(),
        accelerators: {},
        gic: [],
        sev: undefined,
        sgx: undefined,
        hyperv: undefined,
        key: noKey,
      },
    },
    process: native.processes.open(fake.kernel.processes.start()),
    monitor: Monitor.bare(transport, { clock: services.clock }),
    log: new ObjectLog(join(root, 'guest.log')),
    agent: undefined,
    rebooting: false,
    shutdownSeen: false,
    expected: undefined,
    unborn: false,
    ending: undefined,
    logged: 0,
    dumped: undefined,
    tied: undefined,
    taints: new Set(),
    ioErrors: new Map(),
    started: 0,
    gone: Promise.resolve(),
    logs: new LogKeeper(() => {}),
    namedImages: new Set(),
    addresses: new Map(),
  }
  domain.run = run
  const told: string[] = []
  for (const key of names)
    state.events.subscribe(undefined, 'domain', eventIds.domain[key], undefined, ({ payload }) => {
      const { dom: _dom, ...rest } = payload as { dom: unknown }
      const text = Object.values(rest).map((one) => (typeof one === 'object' ? JSON.stringify(one) : one))
      told.push(`${key} ${text.join('/')}`.trim())
    })
  const tell = (event: string, data: object = {}): void =>
    takeEvent(state, domain, run, { event, data: data as never, timestamp: { seconds: 0, microseconds: 0 } })
  return { state, domain, run, told, far, tell }
}
