// SPDX-License-Identifier: LGPL-2.1-or-later
// Labels of guests in their documents: what is asked for, and what is in force while they run.
import type { Domain, Seclabel } from '@virt/conf'
import { ErrorDomain, ErrorNumber, type VirtError, virtError } from '@virt/core'
import { configUnsupported } from '../errors.js'

/** The model of users and groups. */
export const dacModel = 'dac'

/** What settings say of labels. */
export interface LabelRules {
  readonly defaultConfined: boolean
  readonly requireConfined: boolean
}

function securityError(number: number, detail: string): VirtError {
  return virtError(number, ErrorDomain.SECURITY, detail)
}

/** The label of a model. */
export function labelFor({ seclabels }: Domain, model: string): Seclabel | undefined {
  return seclabels.find((one) => one.model === model)
}

/** Whether files of the guest get another owner. */
export function relabels(domain: Domain): boolean {
  const label = labelFor(domain, dacModel)
  return label === undefined || (label.type !== 'none' && label.relabel !== false)
}

function generated(label: Seclabel, name: string, own: string, rules: LabelRules): Seclabel {
  const type = label.type !== 'default' ? label.type : rules.defaultConfined ? 'dynamic' : 'none'
  if (type === 'none') {
    if (rules.requireConfined) throw configUnsupported('Unconfined guests are not allowed on this host')
    return { ...label, type, relabel: false }
  }
  if (label.imagelabel !== undefined)
    throw securityError(ErrorNumber.INTERNAL_ERROR, 'security image label already defined for VM')
  if (type === 'dynamic' && label.label !== undefined)
    throw securityError(ErrorNumber.INTERNAL_ERROR, 'security label already defined for VM')
  if (type === 'static' && label.label === undefined)
    throw securityError(ErrorNumber.INTERNAL_ERROR, `missing label for static security driver in domain ${name}`)
  const text = type === 'dynamic' ? own : label.label
  const relabel = label.relabel ?? type === 'dynamic'
  return { ...label, type, relabel, label: text, ...(relabel ? { imagelabel: text } : {}) }
}

/** @throws VirtError for labels of a model that this host has not */
export function checkModels({ seclabels }: Domain): void {
  const unknown = seclabels.find((one) => one.model !== undefined && one.model !== dacModel && one.model !== 'none')
  if (unknown !== undefined && unknown.type !== 'none')
    throw securityError(ErrorNumber.CONFIG_UNSUPPORTED, `Security driver model '${unknown.model}' is not available`)
}

/**
 * The document of a run, with the label in force.
 * @param own label that the driver gives
 * @throws VirtError for labels that cannot be
 */
export function withLabel(domain: Domain, own: string, rules: LabelRules): Domain {
  const { seclabels, name = '' } = domain
  const fallback: Seclabel = { type: 'default', model: dacModel }
  const label = generated(labelFor(domain, dacModel) ?? fallback, name, own, rules)
  return { ...domain, seclabels: [...seclabels.filter((one) => one.model !== dacModel), label] }
}
