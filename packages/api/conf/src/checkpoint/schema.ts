// SPDX-License-Identifier: LGPL-2.1-or-later
// <domaincheckpoint>: a moment from which on the changes of disks are known.
import { ErrorDomain, ErrorNumber } from '@virt/core'
import { domain } from '../domain/schema/domain.js'
import { attr, child, type Element, element, leaf, wrapped } from '../lang/field.js'
import { diskName, form } from '../lang/forms.js'
import { long, oneOf, text, ulong } from '../lang/value.js'
import type { ReadContext } from '../runtime/context.js'
import { momentParent, namedGuest } from '../snapshot/schema.js'
import type { CheckpointDisk, DomainCheckpoint } from './types.gen.js'

export const checkpointDisk: Element = element('disk', {
  name: attr(diskName).required('missing name from disk checkpoint element'),
  checkpoint: attr(oneOf('no', 'bitmap'))
    .default('bitmap')
    .bad({ number: ErrorNumber.CONFIG_UNSUPPORTED, message: "unknown disk checkpoint setting '%s'" }),
  bitmap: attr(text),
  size: attr(ulong).printWhen('size'),
}).finish(({ checkpoint, bitmap }: CheckpointDisk, context: ReadContext) => {
  if (checkpoint === 'no' && bitmap !== undefined) unfit(context, 'disks')
})

/** libvirt always holds checkpoints against their schema. */
function unfit(context: ReadContext, element: string): never {
  return context.fail(
    `Extra element ${element} in interleave\nElement domaincheckpoint failed to validate content`,
    ErrorNumber.XML_INVALID_SCHEMA,
    ErrorDomain.XML,
  )
}

/** Checkpoints are files of this name. */
const fileName = /^[\w-][\w.-]*$/

const noCreationTime = { number: ErrorNumber.INTERNAL_ERROR, message: 'missing creationTime from existing checkpoint' }

const checkpointName = form(text, /[a-zA-Z0-9_-][a-zA-Z0-9_.-]*/)
const checkpointParent = element('parent', { name: leaf(checkpointName).must() })

export const domainCheckpoint: Element = element('domaincheckpoint', {
  name: leaf(checkpointName),
  description: leaf(text),
  parent: child(momentParent).strictly(checkpointParent).readWhen('redefine'),
  creationTime: leaf({ ...long, strict: (raw) => /^[0-9]{1,20}$/.test(raw) })
    .readWhen('redefine')
    .bad(noCreationTime),
  disks: wrapped('disks', checkpointDisk).filled(),
  domain: child(domain).having('type', namedGuest).readWhen('redefine').printWhen('!noDomain'),
})
  .keepOpen()
  .finish((checkpoint: DomainCheckpoint, context: ReadContext) => {
    const { name } = checkpoint
    if (name !== undefined && !fileName.test(name)) unfit(context, 'name')
    if (!context.has('redefine')) return
    if (name === undefined) context.fail('a redefined checkpoint must have a name')
    if (checkpoint.creationTime === undefined) context.fail(noCreationTime.message, noCreationTime.number)
  })
