// SPDX-License-Identifier: LGPL-2.1-or-later
// What a new daemon needs to go on with a guest that runs: libvirt's <domstatus> document.
import { type Cpu, type Domain, type QemuStatus, qemuDomainStatus, qemuStatusHooks } from '@virt/conf'
import { internalError } from '../errors.js'
import { type Taint, taintNames } from '../process/taints.js'
import { stateOfTexts, stateTexts } from './states.js'

type Job = NonNullable<QemuStatus['job']>

/** What is kept of jobs. */
export interface StatusJob {
  /** Names of the short and the long one. */
  readonly type: Job['type']
  readonly async: Job['async']
  readonly phase?: string | undefined
  /** Flags of the call that began the long one. */
  readonly flags?: number
  /** When it began, in milliseconds since the epoch. */
  readonly started?: number
  /** Post-copy has broken. */
  readonly interrupted?: boolean
  /** QEMU's own parameters from before it. */
  readonly parameters?: ReadonlyMap<string, string> | undefined
  /** Bitmaps that are there for it only. */
  readonly temporaryBitmaps?: readonly { readonly node: string; readonly name: string }[]
  /** Disks, and which of them are being copied. */
  readonly disks?: readonly StatusDisk[]
}

/** A disk of a guest that leaves. */
export interface StatusDisk {
  readonly dev: string
  readonly migrating: boolean
}

/** What is kept of a guest that runs. */
export interface Status {
  readonly state: number
  readonly reason: number
  readonly pid: number
  readonly monitorPath: string
  readonly vcpus: readonly { readonly id: number; readonly thread: number }[]
  /** What its QEMU can do, by libvirt's names: the program may be another one by now. */
  readonly flags: readonly string[]
  /** The short and the long job that it was in. */
  readonly job: StatusJob | undefined
  readonly devices: readonly string[]
  /** It has devices of its own. */
  readonly namespaced: boolean
  readonly libFolder: string
  readonly channelFolder: string
  readonly rebooting: boolean
  readonly nodes: number
  readonly taints: readonly Taint[]
  /** How long the agent's answers may take, as calls have it. */
  readonly agentTimeout: number
  /** Bytes that its process could lock before its migration. */
  readonly memoryLock?: bigint | undefined
  /** The processor that was asked for, where the document has what came of it. */
  readonly askedCpu?: Cpu | undefined
  readonly document: Domain
}

function jobDocument(job: StatusJob): Job {
  const { phase, parameters, temporaryBitmaps = [], disks = [] } = job
  return {
    type: job.type,
    async: job.async,
    ...(phase === undefined ? {} : { phase }),
    flags: job.flags ?? 0,
    asyncStarted: BigInt(job.started ?? 0),
    ...(job.interrupted ? { asyncPaused: true } : {}),
    disks: disks.map(({ dev, migrating }) => ({ dev, migrating })),
    tempBlockDirtyBitmaps: temporaryBitmaps.map(({ node, name }) => ({ nodename: node, name })),
    ...(parameters === undefined
      ? {}
      : { migParams: { params: [...parameters].map(([name, value]) => ({ name, value })) } }),
  }
}

function jobRead(job: Job): StatusJob {
  return {
    type: job.type,
    async: job.async,
    phase: job.phase,
    flags: job.flags ?? 0,
    started: Number(job.asyncStarted ?? 0n),
    interrupted: job.asyncPaused ?? false,
    parameters: job.migParams && new Map(job.migParams.params.map(({ name, value }) => [name, value])),
    temporaryBitmaps: job.tempBlockDirtyBitmaps.map(({ nodename, name }) => ({ node: nodename, name })),
    disks: job.disks.map(({ dev, migrating }) => ({ dev, migrating })),
  }
}

/** Writes it down. */
export function printStatus(status: Status, id: number): string {
  const { job } = status
  const document: QemuStatus = {
    ...(stateTexts(status.state, status.reason) as Pick<QemuStatus, 'state' | 'reason'>),
    pid: BigInt(status.pid),
    taints: status.taints.map((flag) => ({ flag })),
    deprecations: [],
    monitor: { path: status.monitorPath, type: 'unix' },
    vcpuPids: status.vcpus.map((vcpu) => ({ id: vcpu.id, pid: BigInt(vcpu.thread) })),
    qemuCaps: { flags: status.flags.map((name) => ({ name })) },
    ...(job === undefined ? {} : { job: jobDocument(job) }),
    ...(status.rebooting ? { fakereboot: true } : {}),
    ...(status.namespaced ? { namespaces: { mount: true } } : {}),
    // Owners are noted at files wherever they can be.
    rememberOwner: true,
    blockjobs: { active: false, jobs: [] },
    deviceAliases: status.devices.map((alias) => ({ alias })),
    libDir: status.libFolder,
    channelTargetDir: status.channelFolder,
    allowReboot: true,
    nodename: BigInt(status.nodes),
    fdset: 0,
    agentTimeout: status.agentTimeout,
    ...(status.memoryLock === undefined ? {} : { preMigrationMemlock: status.memoryLock }),
    ...(status.askedCpu === undefined ? {} : { cpu: status.askedCpu }),
    domain: { ...status.document, id },
  }
  return qemuDomainStatus.print(document, { secure: true, hooks: qemuStatusHooks })
}

/** Reads it back. @throws VirtError when it is no status, or lacks what nobody can go on without */
export function parseStatus(xml: string): Status & { readonly id: number } {
  // As it was written: the guest runs with this document, whatever a definition would get by now.
  const read = qemuDomainStatus.parse(xml, { hooks: qemuStatusHooks })
  const state = stateOfTexts(read.state, read.reason ?? 'unknown')
  const { job, monitor } = read
  if (monitor === undefined) throw internalError('no monitor path')
  if (state === undefined) throw internalError(`invalid domain state '${read.state}' or reason '${read.reason ?? ''}'`)
  const { id, ...document } = read.domain ?? {}
  if (id === undefined) throw internalError('missing id of the domain')
  return {
    ...state,
    id,
    pid: Number(read.pid ?? 0n),
    monitorPath: monitor.path,
    vcpus: (read.vcpuPids ?? []).map((vcpu) => ({ id: vcpu.id ?? 0, thread: Number(vcpu.pid) })),
    flags: (read.qemuCaps?.flags ?? []).map(({ name }) => name),
    job: job === undefined ? undefined : jobRead(job),
    devices: (read.deviceAliases ?? []).map(({ alias }) => alias),
    namespaced: read.namespaces?.mount === true,
    libFolder: read.libDir ?? '',
    channelFolder: read.channelTargetDir ?? '',
    rebooting: read.fakereboot === true,
    nodes: Number(read.nodename ?? 0n),
    taints: taintNames.filter((name) => read.taints.some(({ flag }) => flag === name)),
    agentTimeout: read.agentTimeout,
    memoryLock: read.preMigrationMemlock,
    askedCpu: read.cpu,
    document: document as Domain,
  }
}
