// SPDX-License-Identifier: LGPL-2.1-or-later
// What follows from the keys of a record, kept by their order. Records of one element are mostly alike, so that a walk
// over the keys meets the same steps again: one comparison of pointers each, where a look into a table costs ten.
import type { Rec } from './context.js'

interface Step<T> {
  /** The key met last, and where it leads. */
  key: string | undefined
  next: Step<T> | undefined
  others: Map<string, Step<T>> | undefined
  value: T | undefined
}

/** Steps after which all is forgotten: whoever shuffles elements must not fill the memory. */
const most = 4000

/** A value for each sequence of keys. */
export class KeyPaths<T> {
  private root: Step<T> = start()
  private steps = 0
  private readonly make: (record: Rec) => T

  /** @param make gives the value for the keys of a record */
  constructor(make: (record: Rec) => T) {
    this.make = make
  }

  /**
   * What follows from a record's keys. Their values are put into `values` from `at` on: within this loop V8 finds them
   * without a look at the record's shape, and nowhere else.
   */
  of(record: Rec, values: unknown[], at: number): T {
    let step = this.root
    let place = at
    for (const key in record) {
      values[place++] = record[key]
      step = step.key === key ? (step.next as Step<T>) : this.turn(step, key)
    }
    step.value ??= this.make(record)
    return step.value
  }

  private turn(step: Step<T>, key: string): Step<T> {
    let next = step.others?.get(key)
    if (next === undefined) {
      if (++this.steps > most) {
        this.root = start()
        this.steps = 0
      }
      next = start<T>()
      step.others ??= new Map()
      step.others.set(key, next)
    }
    step.key = key
    step.next = next
    return next
  }
}

function start<T>(): Step<T> {
  return { key: undefined, next: undefined, others: undefined, value: undefined }
}
