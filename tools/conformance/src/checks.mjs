// SPDX-License-Identifier: GPL-2.0-or-later
// What a suite may ask of a case's result.
import { compare } from './compare.mjs'

/** Thrown by a suite for one of the reasons that the contract allows. */
export class Skip extends Error {}

/** An error in one line. */
export function oneLine(error) {
  if (!(error instanceof Error)) return String(error)
  return `${error.name === 'Error' ? '' : `${error.name}: `}${error.message}`.split('\n')[0]
}

/** The checks of one case. Each is independent: one that throws has failed, the others go on. */
export class Checks {
  /** Roles that were compared. */
  compared = new Set()
  #manifest
  #case
  #record
  #files

  constructor(manifest, c, record, files) {
    this.#manifest = manifest
    this.#case = c
    this.#record = record
    this.#files = files
  }

  /** A check by itself: `fn` throws or returns why it failed. */
  async is(name, fn) {
    let why
    try {
      why = await fn()
    } catch (error) {
      why = oneLine(error)
    }
    this.#record.checks[name] = why === undefined
    if (why !== undefined) this.#record.reason ||= `${name}: ${why}`
  }

  /**
   * What `fn` makes, compared with a role under the manifest's rule; of a role that the case lacks nothing may be made.
   * The expected text is read only after the result is there, by `read`.
   */
  async role(name, role, fn, read = (file) => this.#files.text(file)) {
    this.compared.add(role)
    await this.is(name, async () => {
      const produced = await fn()
      const rule = this.#manifest.compare[role]
      if (rule === undefined) throw new Error(`the manifest has no rule for ${role}`)
      const expected = this.#case[role] ?? null
      if (rule === 'value') return compare(rule, produced, expected)
      if (expected === null) return (produced ?? null) === null ? undefined : `made something, but ${role} is absent`
      return compare(rule, produced, read(expected))
    })
  }

  /** `fn` must fail with the project's own kind of error; with a role, its message is compared. */
  async fails(name, fn, role) {
    let message
    await this.is(name, async () => {
      try {
        await fn()
      } catch (error) {
        message = error?.message
        return error?.[Symbol.for('@virt/error')] === true ? undefined : `failed with ${oneLine(error)}`
      }
      return 'did not fail'
    })
    if (role !== undefined && (this.#case[role] ?? null) !== null)
      await this.role(`${name} message`, role, () => message ?? '')
  }
}
