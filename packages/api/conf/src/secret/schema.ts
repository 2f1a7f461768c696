// SPDX-License-Identifier: LGPL-2.1-or-later
// <secret>: where a value is used, never the value itself.
import { ErrorNumber } from '@virt/core'
import { attr, by, child, type Element, element, leaf } from '../lang/field.js'
import { absolutePath, except, objectName } from '../lang/forms.js'
import { oneOf, text, uuid, type Value, yesNo } from '../lang/value.js'

/** Kinds of use, in the order of their numbers (`virSecretUsageType`). */
export const secretUsageTypes = ['none', 'volume', 'ceph', 'iscsi', 'tls', 'vtpm'] as const

export const secretUsageType: Value = oneOf(...secretUsageTypes)

const lacking = (what: string) => ({ number: ErrorNumber.INTERNAL_ERROR, message: `${what} is missing` })

export const secretUsage: Element = element('usage', {
  type: attr(except(secretUsageType, 'none')).required(),
  volume: leaf(absolutePath).where('type', 'volume').required(lacking('volume usage specified, but volume path')),
  name: by('type', {
    ceph: leaf(objectName).required(lacking('Ceph usage specified, but name')),
    tls: leaf(objectName).required(lacking('TLS usage specified, but name')),
    vtpm: leaf(objectName).required(lacking('vTPM usage specified, but name')),
  }),
  target: leaf(objectName).where('type', 'iscsi').required(lacking('iSCSI usage specified, but target')),
})

export const secret: Element = element('secret', {
  ephemeral: attr(yesNo).default(false).orEmpty().bad("invalid value of 'ephemeral'"),
  private: attr(yesNo).default(false).orEmpty().bad("invalid value of 'private'"),
  uuid: leaf(uuid).bad({ number: ErrorNumber.INTERNAL_ERROR, message: 'malformed uuid element' }),
  description: leaf(text),
  usage: child(secretUsage).if((secret: { usage: { type: string } }) => secret.usage.type !== 'none'),
})
