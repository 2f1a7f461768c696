// SPDX-License-Identifier: GPL-2.0-or-later
// The spec data as one object: what each program, the API and the access rules say.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Reads the spec folder. Programs keep their own types; imports are resolved by name through `remote`. */
export function loadSpec(folder) {
  const read = (name) => JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'))
  const programs = Object.fromEntries(['remote', 'qemu', 'lxc', 'admin', 'keepalive'].map((name) => [name, read(name)]))
  return { programs, api: read('api'), acl: read('acl'), message: read('message') }
}
