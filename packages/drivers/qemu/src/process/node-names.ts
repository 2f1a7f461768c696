// SPDX-License-Identifier: LGPL-2.1-or-later
// Names of the nodes that an image has in QEMU, by its number.

/** From the one that reaches the bytes to the one that knows the format. */
export function storageNodes(index: number): readonly [storage: string, format: string] {
  return [`libvirt-${index}-storage`, `libvirt-${index}-format`]
}
