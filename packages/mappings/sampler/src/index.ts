// SPDX-License-Identifier: LGPL-2.1-or-later
/**
 * A live model of a host and its guests: presence, names and states by events, figures by one bulk call when they are asked for.
 * `@virt/snmp` and `@virt/metrics` show it to others.
 *
 * @packageDocumentation
 */

export { Backoff, type BackoffOptions, pause } from './backoff.js'
export type {
  DiskTraffic,
  Guest,
  GuestDisk,
  GuestInterface,
  GuestJob,
  GuestSnapshot,
  GuestVcpu,
  InterfaceTraffic,
} from './guest.js'
export { type HostFacts, type NumaCell, publicUri } from './host.js'
export type { LinkStatus, Opener } from './link.js'
export type { Net, Pool, PoolVolume } from './resources.js'
export { type GuestNotice, Sampler, type SamplerEvents, type SamplerOptions } from './sampler.js'
