// SPDX-License-Identifier: LGPL-2.1-or-later
// Steps that are taken back, the last first, when a later one fails.

/** What has been done so far. */
export class Rollback {
  readonly #steps: (() => Promise<void> | void)[] = []

  /** Notes how something is taken back. */
  add(step: () => Promise<void> | void): void {
    this.#steps.push(step)
  }

  /** Takes everything back. A step that fails keeps no other from it. */
  async run(): Promise<void> {
    for (const step of this.#steps.splice(0).reverse())
      await Promise.resolve()
        .then(step)
        .catch(() => {})
  }

  /** Everything stays. */
  keep(): void {
    this.#steps.length = 0
  }
}
