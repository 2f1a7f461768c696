// SPDX-License-Identifier: LGPL-2.1-or-later

export { Param, paramShape, paramsFrom, readParams } from '@virt/core'
export { AsyncJob, type AsyncState } from './async-job.js'
export { type AutostartOptions, autostart, firstStart } from './autostart.js'
export { bitsOfMap, firstBits, mapOfBits, parseRanges, rangesOf } from './bitmap.js'
export { Cell, type Codec, DocumentCache } from './cell.js'
export { DocumentFolder, type DocumentFolderOptions, type StoredDocument } from './document-folder.js'
export {
  type Content,
  DurableFiles,
  type DurableOptions,
  type FileCalls,
  fileOf,
  LatestFile,
  type ReplaceFiles,
  type WriteOptions,
} from './durable.js'
export { Embedded } from './embedded.js'
export { type HookCall, Hooks, type RunScript, type ScriptEnd } from './hooks.js'
export { Affect, type Affected, type Impact, impactOf, notRunning, oneImpactOf, requireActive } from './impact.js'
export { type AgentJobKind, type AsyncKind, asyncKind, type JobKind, jobNames } from './job-kinds.js'
export { type Job, type JobContext, Jobs, ownerOf, type UntilLimits } from './jobs.js'
export { LogKeeper } from './log-keeper.js'
export { type Moment, type MomentFilter, MomentTree } from './moments.js'
export { checkNoteType, domainNotes, networkNotes, noteOf, withNote } from './notes.js'
export { type LogLimits, ObjectLog } from './object-log.js'
export { Pace } from './pace.js'
export { inMemory, type Persistence } from './persistence.js'
export { ProbeCache, type ProbeCodec } from './probe-cache.js'
export { type Change, type Recorded, Registry } from './registry.js'
export {
  cpuTimeEach,
  cpuTimeTotal,
  interfaceRates,
  memoryLimits,
  type NumaWish,
  numaModes,
  numaParams,
  numaWish,
  withCputune,
  withIothreadPin,
  withVcpuPin,
} from './tuning.js'
