// SPDX-License-Identifier: LGPL-2.1-or-later
import type { Domain, Filesystem } from './types.gen.js'

/** The file system that a guest has at a path. @since 0.1.0, `virDomainGetFilesystemForTarget` */
export function filesystemAt(domain: Domain, path: string): Filesystem | undefined {
  return domain.devices?.filesystems.find(({ target }) => target === path)
}
