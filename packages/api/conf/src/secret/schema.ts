// SPDX-License-Identifier: LGPL-2.1-or-later
// <secret>: where a value is used, never the value itself.
import { ErrorNumber } from '@virt/core'
import { attr, by, child, type Element, element, leaf } from '../lang/field.js'
import { absolutePath, except, objectName } from '../lang/forms.js'
import { oneOf, text, uuid, type Value, yesNo } from '../lang/value.js'

/** Kinds of use, in the order of their numbers (`virSecretUsageType`). */
export const secretUsageTypes = ['none', 'volume', 'ceph', 'iscsi', 'tls', 'vtpm'] as const

export const secretUsageType: Value = oneOf(...secretUsageTypes)

export const secretUsage: Element = element('usage', {
  type: attr(except(secretUsageType, 'none'))
    .required('unknown secret usage type')
    .bad({ number: ErrorNumber.XML_ERROR, message: 'unknown secret usage type %s' }),
  volume: leaf(absolutePath).where('type', 'volume').required('volume usage specified, but volume path is missing'),
  name: by('type', {
    ceph: leaf(objectName).required('Ceph usage specified, but name is missing'),
    tls: leaf(objectName).required('TLS usage specified, but name is missing'),
    vtpm: leaf(objectName).required('vTPM usage specified, but name is missing'),
  }),
  target: leaf(objectName).where('type', 'iscsi').required('iSCSI usage specified, but target is missing'),
})

export const secret: Element = element('secret', {
  ephemeral: attr(yesNo).default(false),
  private: attr(yesNo).default(false),
  uuid: leaf(uuid).bad({ number: ErrorNumber.INTERNAL_ERROR, message: 'malformed uuid element' }),
  description: leaf(text),
  usage: child(secretUsage).if((secret: { usage: { type: string } }) => secret.usage.type !== 'none'),
})
