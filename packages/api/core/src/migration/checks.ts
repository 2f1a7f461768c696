// SPDX-License-Identifier: LGPL-2.1-or-later
// What a client finds out before it asks anybody to migrate anything.
import { DomainMigrateFlags as Flag } from '../enums.gen.js'
import { ErrorDomain, ErrorNumber } from '../error-table.gen.js'
import { noSupport, virtError } from '../errors.js'
import { exclusiveFlags, refuseArgument, refuseReadOnly, requireFlag } from '../gate.js'
import { parseUri } from '../uri.js'
import type { MigrationParams } from './options.js'

/** Features of a driver that concern migration: `virDrvFeature`. */
export const feature = { p2p: 4, direct: 5, v3: 6, changeProtection: 7, offline: 12, params: 13 } as const
/** What an end says of its features. */
export type Features = ReadonlySet<number>

const domain = ErrorDomain.DOMAIN

/** @throws VirtError `operation-denied`, `invalid-arg`: what a client that drives the migration may not ask for */
export function checkManaged(flags: number, readOnly: boolean): void {
  const fn = 'virDomainMigrate3'
  if (readOnly) refuseReadOnly(fn, domain)
  checkStorage(flags, fn)
  if ((flags & Flag.PEER2PEER) !== 0)
    refuseArgument('use virDomainMigrateToURI3 for peer-to-peer migration', fn, 'flags', domain)
  if ((flags & Flag.TUNNELLED) !== 0)
    refuseArgument('cannot perform tunnelled migration without using peer2peer flag', fn, 'flags', domain)
}

/** @throws VirtError `operation-denied`, `invalid-arg`: what a source that drives the migration may not be asked for */
export function checkUnmanaged(flags: number, readOnly: boolean): void {
  const fn = 'virDomainMigrateToURI3'
  if (readOnly) refuseReadOnly(fn, domain)
  exclusiveFlags(flags, Flag.TUNNELLED, 'VIR_MIGRATE_TUNNELLED', Flag.PARALLEL, 'VIR_MIGRATE_PARALLEL', fn, domain)
  checkStorage(flags, fn)
}

function checkStorage(flags: number, fn: string): void {
  const [disk, inc] = ['VIR_MIGRATE_NON_SHARED_DISK', 'VIR_MIGRATE_NON_SHARED_INC']
  exclusiveFlags(flags, Flag.NON_SHARED_DISK, disk, Flag.NON_SHARED_INC, inc, fn, domain)
  const either = Flag.NON_SHARED_DISK | Flag.NON_SHARED_INC
  const name = 'VIR_MIGRATE_NON_SHARED_SYNCHRONOUS_WRITES'
  requireFlag(flags, Flag.NON_SHARED_SYNCHRONOUS_WRITES, name, either, `${disk} | ${inc}`, fn, domain)
}

/**
 * Which protocol both ends speak.
 * @throws VirtError `argument-unsupported`, `no-support`, `invalid-arg`
 */
export function managedProtocol(
  flags: number,
  params: MigrationParams,
  source: Features,
  destination: Features,
): 'params' | 'fixed' {
  if ((flags & Flag.OFFLINE) !== 0) {
    if (!source.has(feature.offline)) throw unsupported('offline migration is not supported by the source host')
    if (!destination.has(feature.offline))
      throw unsupported('offline migration is not supported by the destination host')
  }
  if ((flags & Flag.CHANGE_PROTECTION) !== 0 && !source.has(feature.changeProtection))
    throw unsupported('cannot enforce change protection')
  const both = (one: number): boolean => source.has(one) && destination.has(one)
  if (!both(feature.params) && !params.old) throw extended()
  if (!both(feature.params) && !both(feature.v3)) throw noSupport('virDomainMigrate3', domain)
  checkName(params, 'virDomainMigrate3')
  return both(feature.params) ? 'params' : 'fixed'
}

/**
 * Which protocol the source speaks that is to drive a migration itself.
 * @throws VirtError `argument-unsupported`, `invalid-arg`
 */
export function unmanagedProtocol(
  flags: number,
  params: MigrationParams,
  source: Features,
  uri: string,
): 'params' | 'fixed' {
  const fn = 'virDomainMigrateToURI3'
  if ((flags & Flag.OFFLINE) !== 0 && !source.has(feature.offline))
    throw unsupported('offline migration is not supported by the source host')
  if ((flags & Flag.PEER2PEER) === 0) {
    if (!source.has(feature.direct)) throw unsupported('direct migration is not supported by the source host')
  } else {
    if (!source.has(feature.p2p)) throw unsupported('p2p migration is not supported by the source host')
    const host = parseUri(uri).server ?? ''
    if (host === '' || host.startsWith('localhost'))
      refuseArgument('Attempt to migrate guest to the same host', fn, uri, domain)
  }
  if (!source.has(feature.params) && !params.old) throw extended()
  checkName(params, fn)
  return source.has(feature.params) ? 'params' : 'fixed'
}

function checkName(params: MigrationParams, fn: string): void {
  if (params.text('destination_name') === '')
    refuseArgument(`string dname in ${fn} must not be empty`, fn, 'dname', domain)
}

function unsupported(text: string): Error {
  return virtError(ErrorNumber.ARGUMENT_UNSUPPORTED, domain, text)
}

function extended(): Error {
  return unsupported('Migration APIs with extensible parameters are not supported but extended parameters were passed')
}
