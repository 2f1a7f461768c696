// SPDX-License-Identifier: LGPL-2.1-or-later
// Making checkpoints, and telling the driver of ones that existed before.
import { type CheckpointDisk, type Disk, type Domain, type DomainCheckpoint, domainCheckpoint } from '@virt/conf'
import { ErrorDomain, ErrorNumber, type VirtError, virtError } from '@virt/core'
import { type Moment, MomentTree } from '@virt/stateful'
import { findDisk, sourcePath } from './domain-block.js'
import { completed, hooks, readBack } from './domain-document.js'
import { namedParent, placeMoment, requireNew } from './domain-moments.js'
import type { TestDomain } from './domain-record.js'
import { testError } from './errors.js'
import type { TestState } from './state.js'

/** `VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE` */
const redefine = 1

function unsupported(detail: string): VirtError {
  return virtError(ErrorNumber.CONFIG_UNSUPPORTED, ErrorDomain.DOMAIN_CHECKPOINT, detail)
}

/** Whether changes of a disk cannot be kept track of. */
function fixed(disk: Disk): boolean {
  const empty = disk.source.type !== 'network' && sourcePath(disk) === undefined
  return empty || disk.readonly === true
}

/**
 * One entry for each disk of the guest. Disks that a checkpoint does not speak of are left out when it speaks of any.
 * @throws VirtError `config-unsupported`
 */
function align(checkpoint: DomainCheckpoint, domain: Domain): CheckpointDisk[] {
  const disks = domain.devices?.disks ?? []
  if (checkpoint.disks.length > disks.length) throw unsupported('too many disk checkpoint requests for domain')
  if (disks.length === 0) throw unsupported('domain must have at least one disk to perform checkpoints')
  const asked = new Map<Disk, CheckpointDisk>()
  for (const request of checkpoint.disks) {
    const disk = findDisk(domain, request.name)
    if (disk === undefined) throw unsupported(`no disk named '${request.name}'`)
    if (asked.has(disk)) throw unsupported(`disk '${request.name}' specified twice`)
    if (fixed(disk) && request.checkpoint !== 'no') throw unsupported(`disk '${request.name}' is empty or readonly`)
    asked.set(disk, request)
  }
  return disks.map((disk) => {
    const name = disk.target?.dev ?? ''
    const request = asked.get(disk)
    const tracked = request === undefined ? asked.size === 0 && !fixed(disk) : request.checkpoint === 'bitmap'
    if (!tracked) return { name, checkpoint: 'no' }
    return { ...request, name, checkpoint: 'bitmap', bitmap: request?.bitmap ?? checkpoint.name }
  })
}

function aligned(checkpoint: DomainCheckpoint, document: Domain): DomainCheckpoint {
  return { ...checkpoint, domain: document, disks: align(checkpoint, document) }
}

/** A checkpoint of old; without a definition it is taken as it is. */
function redefined(domain: TestDomain, request: DomainCheckpoint): DomainCheckpoint {
  if (request.domain === undefined) return request
  if (request.domain.uuid !== domain.uuid)
    throw virtError(
      ErrorNumber.INVALID_ARG,
      ErrorDomain.DOMAIN_CHECKPOINT,
      `definition for checkpoint ${request.name} must use uuid ${domain.uuid}`,
    )
  return aligned(request, completed(request.domain))
}

/** Makes a checkpoint, or takes one over that existed before. */
export function createCheckpoint(
  state: TestState,
  domain: TestDomain,
  xml: string,
  flags: number,
): Moment<DomainCheckpoint> {
  const refuse = (detail: string): VirtError => testError(ErrorNumber.OPERATION_UNSUPPORTED, detail)
  if (domain.hasSnapshots) throw refuse('cannot create checkpoint while snapshot exists')
  if (!domain.active) throw refuse('cannot create checkpoint for inactive domain')
  const old = (flags & redefine) !== 0
  const { parent: wanted, ...request } = domainCheckpoint.parse(xml, { redefine: old, validate: true, hooks })
  const { name = '' } = request
  const tree = domain.checkpoints ?? new MomentTree<DomainCheckpoint>()
  if (old) {
    const parent = namedParent(tree, name, wanted?.name)
    const value = redefined(domain, request)
    return state.domains.change(domain, () => {
      domain.checkpoints = tree
      return placeMoment(tree, name, value, parent)
    })
  }
  const value = aligned(request, readBack(domain.xml(false, { inactive: true, secure: true })))
  requireNew(tree, name)
  return state.domains.change(domain, () => {
    domain.checkpoints = tree
    tree.current = tree.add(name, value, tree.current)
    return tree.current
  })
}
