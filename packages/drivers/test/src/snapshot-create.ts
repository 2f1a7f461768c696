// SPDX-License-Identifier: LGPL-2.1-or-later
// Making snapshots, and telling the driver of ones that existed before.
import { statSync } from 'node:fs'
import {
  alignSnapshotDisks,
  checkAbiStability,
  type DomainSnapshot,
  domainSnapshot,
  type SnapshotState,
} from '@virt/conf'
import { ErrorDomain, ErrorNumber, type VirtError, virtError } from '@virt/core'
import { type Moment, MomentTree } from '@virt/stateful'
import { completed, hooks, readBack } from './domain-document.js'
import { halt } from './domain-lifecycle.js'
import { namedParent, placeMoment, requireNew } from './domain-moments.js'
import type { TestDomain } from './domain-record.js'
import { Event, Reason, State } from './domain-state.js'
import { internalError, operationInvalid, testError } from './errors.js'
import type { TestState } from './state.js'

/** `virDomainSnapshotCreateFlags` that make a difference here. */
const Create = { redefine: 1, current: 2, halt: 8, validate: 512 } as const

function snapshotError(number: number, detail: string): VirtError {
  return virtError(number, ErrorDomain.DOMAIN_SNAPSHOT, detail)
}

function isRegularFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true
}

/** Takes the snapshots that a node file gives a domain. @throws VirtError when they do not fit together */
export function loadSnapshots(domain: TestDomain, xmls: readonly string[]): void {
  if (xmls.length === 0) return
  const tree = new MomentTree<DomainSnapshot>()
  const parents = new Map<Moment<DomainSnapshot>, string>()
  for (const xml of xmls) {
    const { parent, active, ...parsed } = domainSnapshot.parse(xml, { redefine: true, internal: true, hooks })
    const { name = '' } = parsed
    requireNew(tree, name)
    const value = parsed.domain === undefined ? parsed : { ...parsed, domain: completed(parsed.domain) }
    const moment = tree.add(name, value, undefined)
    if (parent?.name !== undefined) parents.set(moment, parent.name)
    if (active === 0) continue
    if (tree.current !== undefined) throw internalError('more than one snapshot claims to be active')
    tree.current = moment
  }
  for (const [moment, name] of parents) {
    const parent = tree.get(name)
    if (parent === undefined || tree.isBelow(parent, moment))
      throw internalError(`Snapshots have inconsistent relations for domain ${domain.name}`)
    tree.move(moment, parent)
  }
  domain.snapshots = tree
}

/** Reads a snapshot as clients write it. */
function parse(xml: string, flags: number): DomainSnapshot {
  const redefine = (flags & Create.redefine) !== 0
  const parsed = domainSnapshot.parse(xml, { redefine, validate: (flags & Create.validate) !== 0, hooks })
  return parsed.domain === undefined ? parsed : { ...parsed, domain: completed(parsed.domain) }
}

/** Whether part of a snapshot is kept outside of the disks' own images. */
export function isExternal({ memory, disks }: DomainSnapshot): boolean {
  return memory?.snapshot === 'external' || disks.some((disk) => disk.snapshot === 'external')
}

const stateNames: readonly (SnapshotState | undefined)[] = [
  undefined,
  'running',
  'blocked',
  'paused',
  'shutdown',
  'shutoff',
  'crashed',
  'pmsuspended',
]

/** A request completed with what the domain is now. */
function taken(domain: TestDomain, request: DomainSnapshot): DomainSnapshot {
  if (request.disks.some((disk) => disk.snapshot === 'manual'))
    throw testError(ErrorNumber.OPERATION_UNSUPPORTED, "'manual' snapshot mode is not supported by the test driver")
  const external = request.memory?.snapshot === 'external'
  const document = readBack(domain.xml(false, { inactive: true, secure: true }))
  const disks = alignSnapshotDisks(request, document, {
    location: external ? 'external' : 'internal',
    uniform: !external,
    isRegularFile,
  })
  const memory = domain.active
    ? external
      ? request.memory
      : { snapshot: 'internal' as const }
    : { snapshot: 'no' as const }
  return { ...request, state: stateNames[domain.state], memory, disks, domain: document }
}

/** Whether the guest ran when a snapshot was taken. */
export function wasOnline({ state }: DomainSnapshot): boolean {
  return state === 'running' || state === 'paused'
}

/** A snapshot of old, checked against the domain and the one that it replaces. */
function redefined(domain: TestDomain, request: DomainSnapshot, old: DomainSnapshot | undefined): DomainSnapshot {
  const { name = '', state } = request
  if (request.domain !== undefined && request.domain.uuid !== domain.uuid)
    throw snapshotError(ErrorNumber.INVALID_ARG, `definition for snapshot ${name} must use uuid ${domain.uuid}`)
  if (old !== undefined) {
    if (wasOnline(old) !== wasOnline(request))
      throw snapshotError(
        ErrorNumber.INVALID_ARG,
        `cannot change between online and offline snapshot state in snapshot ${name}`,
      )
    if ((old.state === 'disk-snapshot') !== (state === 'disk-snapshot'))
      throw snapshotError(
        ErrorNumber.INVALID_ARG,
        `cannot change between disk only and full system in snapshot ${name}`,
      )
    if (old.domain !== undefined && request.domain !== undefined) checkAbiStability(old.domain, request.domain)
  }
  const document = request.domain ?? old?.domain
  if (document === undefined) throw snapshotError(ErrorNumber.INTERNAL_ERROR, 'missing domain in snapshot')
  const external = state === 'disk-snapshot' || isExternal(request)
  const disks = alignSnapshotDisks(request, document, {
    location: external ? 'external' : 'internal',
    uniform: !external,
    isRegularFile,
  })
  return { ...request, disks, domain: document }
}

/** Takes a snapshot, or takes one over that existed before. */
export function createSnapshot(
  state: TestState,
  domain: TestDomain,
  xml: string,
  flags: number,
): Moment<DomainSnapshot> {
  if (domain.hasCheckpoints)
    throw testError(ErrorNumber.OPERATION_UNSUPPORTED, 'cannot create snapshot while checkpoint exists')
  const stops = domain.active && (flags & Create.halt) !== 0
  if (stops && !domain.persistent) throw operationInvalid('cannot halt after transient domain snapshot')
  const { parent: wanted, ...request } = parse(xml, flags)
  const { name = '' } = request
  const tree = domain.snapshots ?? new MomentTree<DomainSnapshot>()
  if (flags & Create.redefine) {
    const parent = namedParent(tree, name, wanted?.name)
    const value = redefined(domain, request, tree.get(name)?.value)
    return state.domains.change(domain, () => {
      domain.snapshots = tree
      const moment = placeMoment(tree, name, value, parent)
      if (flags & Create.current) tree.current = moment
      return moment
    })
  }
  const value = taken(domain, request)
  requireNew(tree, name)
  const moment = state.domains.change(domain, () => {
    domain.snapshots = tree
    tree.current = tree.add(name, value, tree.current)
    return tree.current
  })
  if (stops && domain.state !== State.shutoff)
    halt(state, domain, Reason.shutoff.fromSnapshot, Event.stopped.fromSnapshot)
  return moment
}
