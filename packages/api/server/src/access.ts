// SPDX-License-Identifier: LGPL-2.1-or-later
// Access control: which drivers decide, what a refused caller is told, and what the log is told.
import {
  type AccessCheck,
  type AclObject,
  type AclSubject,
  type Answer,
  type Clock,
  ErrorDomain,
  ErrorNumber,
  type Identity,
  isPromise,
  type Logger,
  type VirtError,
  virtError,
} from '@virt/core'
import { PolkitAccess } from './access-polkit.js'
import type { PolkitAuthority } from './polkit-authority.js'

/** The connection that asks, as far as access is concerned. */
export interface AccessCaller {
  readonly id: number
  readonly identity: Identity
  /** What rules know the connection's driver by: "QEMU". */
  readonly driverName: string
}

/** Asks whether the one behind a connection may do something; makes the check of one connection. */
export type AccessDriver = (caller: AccessCaller) => AccessCheck

/** A request as an access driver sees it. */
export interface AccessRequest {
  readonly identity: Identity
  readonly driver: string
  readonly object: AclObject
  readonly subject: AclSubject
  readonly perm: string
}

/** One of `access_drivers`: says nothing when the request is granted, else why not. */
export interface Decider {
  readonly name: string
  decide(request: AccessRequest): Answer<string | undefined>
}

/** What access drivers are made of. */
export interface AccessOptions {
  readonly log: Logger
  readonly clock: Clock
  readonly authority: PolkitAuthority
}

const deciders: Readonly<Record<string, (options: AccessOptions) => Decider | undefined>> = {
  none: () => undefined,
  polkit: ({ authority, clock }) => new PolkitAccess(authority, clock),
}

/**
 * The access driver for a list as in `access_drivers`; all of them have to agree.
 * @returns undefined when nothing is checked
 * @throws VirtError `internal-error` for a name that nobody knows
 * @since 0.1.0
 */
export function accessDriver(names: readonly string[], options: AccessOptions): AccessDriver | undefined {
  const chosen = names.flatMap((name) => {
    const make = Object.hasOwn(deciders, name) ? deciders[name] : undefined
    if (make === undefined)
      throw virtError(ErrorNumber.INTERNAL_ERROR, ErrorDomain.ACCESS, `Cannot find security driver '${name}'`, {
        details: `access_drivers names some of ${Object.keys(deciders).join(', ')}`,
      })
    return make(options) ?? []
  })
  if (chosen.length === 0) return undefined
  return (caller) => (object, subject, perm, filter) => {
    const request = { identity: caller.identity, driver: caller.driverName, object, subject, perm }
    return agreed(chosen, 0, request, (decider, why) => refuse(options.log, caller, decider, request, why, filter))
  }
}

/** Asks one after the other; goes on at once where an answer is there. */
function agreed(
  chosen: readonly Decider[],
  from: number,
  request: AccessRequest,
  refused: (decider: Decider, why: string) => never,
): Answer<void> {
  for (let i = from; i < chosen.length; i++) {
    const decider = chosen[i] as Decider
    const why = decider.decide(request)
    if (isPromise(why))
      return why.then((text) => (text === undefined ? agreed(chosen, i + 1, request, refused) : refused(decider, text)))
    if (why !== undefined) refused(decider, why)
  }
}

function refuse(
  log: Logger,
  caller: AccessCaller,
  decider: Decider,
  request: AccessRequest,
  why: string,
  filter = false,
): never {
  const line = `access denied: client ${caller.id} (${who(request.identity)}) may not ${request.perm} ${what(request)}: ${decider.name}: ${why}`
  // What a list leaves out is no attempt at anything.
  if (filter) log.debug(line)
  else log.warn(line)
  throw accessDenied(request.driver)
}

/** The error that a refused caller gets: it says as little as libvirt's. */
export function accessDenied(driver: string): VirtError {
  return virtError(ErrorNumber.ACCESS_DENIED, ErrorDomain.ACCESS, `'${driver}' denied access`)
}

function who(identity: Identity): string {
  const { userName, unixUserId, processId, saslUserName, x509DistinguishedName } = identity
  const known = [
    unixUserId === undefined ? undefined : `user ${userName ?? '?'}, uid ${unixUserId}`,
    processId === undefined ? undefined : `process ${processId}`,
    saslUserName === undefined ? undefined : `SASL user ${saslUserName}`,
    x509DistinguishedName,
  ].filter((part) => part !== undefined)
  return known.length === 0 ? 'nobody knows who' : known.join(', ')
}

function what({ object, subject, driver }: AccessRequest): string {
  const { name, uuid } = (subject ?? {}) as { name?: unknown; uuid?: unknown }
  const named = [name, uuid].filter((part) => typeof part === 'string').join(' ')
  return named === '' ? `${object} of ${driver}` : `${object} ${named} of ${driver}`
}
