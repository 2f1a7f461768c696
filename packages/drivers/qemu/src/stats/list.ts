// SPDX-License-Identifier: LGPL-2.1-or-later
// Parameters in the making.
import type { ParamType, ParamValue, TypedParams } from '@virt/core'

/** A list whose names come out of what is told. */
export class StatsList {
  readonly #names: string[] = []
  readonly #types: ParamType[] = []
  readonly #values: ParamValue[] = []

  /** A value of the type that its name has; undefined is left out. */
  put(name: string, type: ParamType, value: ParamValue | undefined): void {
    if (value === undefined) return
    this.#names.push(name)
    this.#types.push(type)
    this.#values.push(value)
  }

  get params(): TypedParams {
    return { shape: { names: this.#names, types: this.#types }, values: this.#values }
  }
}
