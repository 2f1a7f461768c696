// SPDX-License-Identifier: LGPL-2.1-or-later
// Notifications as data: what is sent, by whatever way.
import type { Module, Notification } from './mib/module.js'
import type { Oid } from './wire/oid.js'
import { oidValue, timeTicks, type Value, type VarBind } from './wire/value.js'

/** A notification with its variables; `sysUpTime` and `snmpTrapOID` are added by `trapVariables`. */
export interface Trap {
  readonly oid: Oid
  readonly variables: readonly VarBind[]
}

const sysUpTime: Oid = [1, 3, 6, 1, 2, 1, 1, 3, 0]
const snmpTrapOid: Oid = [1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0]

/** All variables of a notification, in the order that SNMP wants. @param upTime hundredths of seconds */
export function trapVariables(trap: Trap, upTime: number): readonly VarBind[] {
  return [
    { oid: sysUpTime, value: timeTicks(upTime) },
    { oid: snmpTrapOid, value: oidValue(trap.oid) },
    ...trap.variables,
  ]
}

/** Names of the objects of a module: what they are below, and whether they are columns. */
export class Names {
  readonly #oids = new Map<string, { oid: Oid; scalar: boolean }>()
  readonly #notifications = new Map<string, { oid: Oid; objects: readonly string[] }>()

  constructor(modules: readonly Module[]) {
    for (const { root, scalars, tables, notifications } of modules) {
      for (const { name, oid } of scalars) this.#oids.set(name, { oid: [...root, ...oid], scalar: true })
      for (const table of tables)
        for (const { name, number } of table.columns)
          this.#oids.set(name, { oid: [...root, ...table.oid, 1, number], scalar: false })
      for (const { name, oid, objects } of notifications)
        this.#notifications.set(name, { oid: [...root, ...oid], objects })
    }
  }

  /**
   * Makes a notification.
   * @param values of its objects, in their order
   * @param instance index of the row that its columns are of; one by name for columns of other rows
   */
  trap(
    name: Notification['name'],
    values: readonly Value[],
    instance: Oid,
    others: Readonly<Record<string, Oid>> = {},
  ): Trap {
    const known = this.#notifications.get(name)
    if (known === undefined) throw new TypeError(`no notification is called ${name}`)
    const variables = known.objects.map((object, i) => {
      const place = this.#oids.get(object)
      if (place === undefined) throw new TypeError(`no object is called ${object}`)
      const index = place.scalar ? [0] : (others[object] ?? instance)
      return { oid: [...place.oid, ...index], value: values[i] as Value }
    })
    return { oid: known.oid, variables }
  }
}
