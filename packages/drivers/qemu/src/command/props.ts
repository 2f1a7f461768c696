// SPDX-License-Identifier: LGPL-2.1-or-later
// How properties are written on QEMU's command line: as JSON, or as QEMU's older lists of `name=value`.
import { formatJson, type Json } from '@virt/core'

/** A property's value; what is undefined is left out. */
export type PropValue = string | number | bigint | boolean | null | Props | readonly PropValue[] | undefined
/** Properties in the order they are written. */
export interface Props {
  readonly [name: string]: PropValue
}

/** Properties without those that are undefined. */
export function present(props: Props): Json {
  const entries = Object.entries(props).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, plain(value)] as const],
  )
  return Object.fromEntries(entries)
}

function plain(value: Exclude<PropValue, undefined>): Json {
  if (Array.isArray(value)) return value.filter((one) => one !== undefined).map((one) => plain(one))
  return typeof value === 'object' && value !== null ? present(value as Props) : value
}

/** Properties as JSON. */
export function jsonProps(props: Props): string {
  return formatJson(present(props))
}

/** A value in a list of properties: a comma would end it. */
export function escapeComma(text: string): string {
  return text.replaceAll(',', ',,')
}

/** A list of properties: `first,name=value,…`; yes and no are `on` and `off`. */
export function listProps(first: string | undefined, props: Props): string {
  const parts = first === undefined ? [] : [first]
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined) continue
    const text = typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value)
    parts.push(`${name}=${escapeComma(text)}`)
  }
  return parts.join(',')
}

/** Properties of three values, of which two are these. */
export function onOff(value: boolean | undefined): string | undefined {
  return value === undefined ? undefined : value ? 'on' : 'off'
}

/** `0x…` */
export function hex(value: number | bigint): string {
  return `0x${value.toString(16)}`
}
