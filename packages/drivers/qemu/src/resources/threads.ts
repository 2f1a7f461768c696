// SPDX-License-Identifier: LGPL-2.1-or-later
// Threads of a guest: on which of the host's processors each runs, for how long, and how it is scheduled.
import type { Domain } from '@virt/conf'
import { ErrorDomain, systemFailure } from '@virt/core'
import { type Cgroup, setBandwidth } from '@virt/linux'
import type { SchedulingPolicy } from '@virt/native'
import { parseRanges } from '@virt/stateful'
import { configUnsupported } from '../errors.js'
import type { QemuState } from '../state.js'
import { setting, spread } from './group.js'

/** Kinds of threads, with what documents say of each. */
type Kind = 'emulator' | 'vcpu' | 'iothread'

interface Tune {
  readonly cpus: string | undefined
  readonly period: bigint | undefined
  readonly quota: bigint | undefined
  readonly scheduler: { readonly policy: SchedulingPolicy; readonly priority: number } | undefined
}

const schedulers: readonly SchedulingPolicy[] = ['other', 'batch', 'idle', 'fifo', 'rr']

function schedulerOf(
  found: { readonly scheduler: string; readonly priority?: number | undefined } | undefined,
): Tune['scheduler'] {
  const policy = schedulers.find((one) => one === found?.scheduler)
  return policy === undefined ? undefined : { policy, priority: found?.priority ?? 0 }
}

const holds = (ranges: string | undefined, id: number): boolean => parseRanges(ranges ?? '')?.includes(id) === true

/** What a document has for a kind of threads, or one of them. */
export function tuneOf({ cputune, vcpu }: Domain, kind: Kind, id = 0): Tune {
  const all = vcpu?.cpuset
  switch (kind) {
    case 'emulator':
      return {
        cpus: cputune?.emulatorpin ?? all,
        period: cputune?.emulator_period,
        quota: cputune?.emulator_quota,
        scheduler: schedulerOf(cputune?.emulatorsched),
      }
    case 'vcpu':
      return {
        cpus: cputune?.vcpupins.find((pin) => pin.vcpu === id)?.cpuset ?? all,
        period: cputune?.period,
        quota: cputune?.quota,
        scheduler: schedulerOf(cputune?.vcpuscheds.find(({ vcpus }) => holds(vcpus, id))),
      }
    case 'iothread':
      return {
        cpus: cputune?.iothreadpins.find((pin) => pin.iothread === id)?.cpuset ?? all,
        period: cputune?.iothread_period,
        quota: cputune?.iothread_quota,
        scheduler: schedulerOf(cputune?.iothreadscheds.find(({ iothreads }) => holds(iothreads, id))),
      }
  }
}

/** Nodes of memory that every thread is kept to. */
function nodesOf({ numatune }: Domain): string | undefined {
  const memory = numatune?.memory
  const bound = memory?.mode === undefined || memory.mode === 'strict' || memory.mode === 'restrictive'
  return bound ? memory?.nodeset : undefined
}

/** The group of some threads, by its name: `emulator`, `vcpu0`, `iothread1`. */
export function threadGroup(group: Cgroup, kind: Kind, id?: number): Cgroup {
  return group.threads(id === undefined ? kind : `${kind}${id}`)
}

/** Names of all groups of threads that a guest has. */
export function threadGroupNames({ vcpu, iothreadids }: Domain): string[] {
  const vcpus = Array.from({ length: vcpu?.count ?? 1 }, (_, i) => `vcpu${i}`)
  return ['emulator', ...vcpus, ...iothreadids.map(({ id }) => `iothread${id}`)]
}

/** Makes a group of threads as the document has it. @throws VirtError */
async function makeThreadGroup(group: Cgroup, document: Domain, kind: Kind, id?: number): Promise<Cgroup> {
  const made = threadGroup(group, kind, id)
  const { cpus, period, quota } = tuneOf(document, kind, id)
  await setting(made.make(true))
  const nodes = nodesOf(document)
  if (made.has('cpuset')) {
    if (cpus !== undefined) await setting(made.write('cpuset', 'cpuset.cpus', cpus))
    if (nodes !== undefined) await setting(made.write('cpuset', 'cpuset.mems', nodes))
  }
  if (made.has('cpu')) await setting(setBandwidth(made, spread(period, quota)))
  return made
}

/** Makes the group that the process begins in. */
export async function makeEmulatorGroup(group: Cgroup | undefined, document: Domain): Promise<Cgroup | undefined> {
  const { period, quota } = tuneOf(document, 'emulator')
  if (group !== undefined && hasThreads(group)) return await makeThreadGroup(group, document, 'emulator')
  if ((period ?? quota) !== undefined) throw configUnsupported('cgroup cpu is required for scheduler tuning')
  return undefined
}

const hasThreads = (group: Cgroup): boolean => group.has('cpu') || group.has('cpuset')

/** Binds a thread to processors by the kernel's own call, which holds without groups too. @throws VirtError */
export function bindThread({ native }: QemuState, thread: number, cpus: string): void {
  try {
    native.scheduling.setAffinity(thread, parseRanges(cpus) ?? [])
  } catch (error) {
    throw systemFailure(error, ErrorDomain.NONE, `cannot set CPU affinity on process ${thread}`)
  }
}

/** Processors that a thread may run on. @throws VirtError */
export function affinityOf({ native }: QemuState, thread: number): number[] {
  try {
    return native.scheduling.affinity(thread)
  } catch (error) {
    throw systemFailure(error, ErrorDomain.NONE, `cannot get CPU affinity of process ${thread}`)
  }
}

/** Puts one thread where it belongs. @throws VirtError */
export async function placeThread(
  state: QemuState,
  group: Cgroup | undefined,
  document: Domain,
  kind: 'vcpu' | 'iothread',
  { id, thread }: { readonly id: number; readonly thread: number },
): Promise<void> {
  const { cpus, period, quota, scheduler } = tuneOf(document, kind, id)
  if (group !== undefined && hasThreads(group)) {
    const made = await makeThreadGroup(group, document, kind, id)
    await setting(made.addThread(thread))
  } else if ((period ?? quota) !== undefined) throw configUnsupported('cgroup cpu is required for scheduler tuning')
  if (cpus !== undefined) bindThread(state, thread, cpus)
  if (scheduler !== undefined) schedule(state, thread, scheduler)
}

/** Sets how a thread is scheduled. @throws VirtError */
export function schedule(
  { native }: QemuState,
  thread: number,
  { policy, priority }: NonNullable<Tune['scheduler']>,
): void {
  try {
    native.scheduling.setPolicy(thread, policy, priority)
  } catch (error) {
    throw systemFailure(error, ErrorDomain.NONE, `Cannot set scheduler parameters for pid ${thread}`)
  }
}
