// SPDX-License-Identifier: LGPL-2.1-or-later
// Which device comes when a guest looks for something to boot from.
import type { BootDevice, Domain } from '@virt/conf'

/** Gives devices their place in the order of booting, where `<os>` says which kinds come when. */
export class BootOrder {
  readonly #places: Map<BootDevice, number>

  constructor({ os }: Domain) {
    this.#places = new Map((os?.boots ?? []).map(({ dev }, i) => [dev, i + 1]))
  }

  /** The place of a device: its own, or that of its kind, which goes to the first that asks. */
  take(kind: BootDevice, own: number | undefined): number | undefined {
    if (own !== undefined) return own
    const place = this.#places.get(kind)
    this.#places.delete(kind)
    return place
  }
}
