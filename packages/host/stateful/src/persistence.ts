// SPDX-License-Identifier: LGPL-2.1-or-later
// Where a registry keeps its objects between runs.

/** Told of every change after it was made. */
export interface Persistence<T> {
  changed(object: T): void
  removed(object: T): void
}

/** Keeps nothing: objects live as long as the process. */
export const inMemory: Persistence<unknown> = { changed() {}, removed() {} }
