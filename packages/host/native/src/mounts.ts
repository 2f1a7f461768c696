// SPDX-License-Identifier: LGPL-2.1-or-later
// Mounts in any mount namespace, and what they are made on. Several steps are one call: to enter a namespace costs a thread.
import type { Binding, RawMount } from './binding.js'
import { checkInteger } from './errors.js'
import { joinsOf, type Where } from './namespaces.js'

// Flags of mount(2).
const flags = {
  readonly: 0x1,
  nosuid: 0x2,
  nodev: 0x4,
  noexec: 0x8,
  remount: 0x20,
  noatime: 0x400,
  bind: 0x1000,
  move: 0x2000,
  recursive: 0x4000,
  unbindable: 0x20000,
  private: 0x40000,
  slave: 0x80000,
  shared: 0x100000,
  relatime: 0x200000,
  strictatime: 0x1000000,
} as const

const force = 0x1
const lazy = 0x2
const noFollow = 0x8

// As the addon numbers steps, and the types of files in their modes.
const kinds = { mount: 0, unmount: 1, folder: 2, node: 3, link: 4 } as const
const types = { character: 0o020000, block: 0o060000, file: 0o100000 } as const

/** A flag of mount(2). */
export type MountFlag = keyof typeof flags

/** Something to mount, or to unmount. */
export type MountStep =
  | {
      /** Where. */
      readonly mount: string
      /** What: a device, a folder or file with `bind` and `move`. */
      readonly source?: string
      /** The file system's type, of a new mount. */
      readonly type?: string
      readonly flags?: readonly MountFlag[]
      /** Options of the file system itself, `key=value,…`. */
      readonly data?: string
    }
  | {
      /** Where; links are not followed. */
      readonly unmount: string
      /** It goes from sight now, and for good when nobody uses it. */
      readonly lazy?: boolean
      /** Also when a server does not answer. */
      readonly force?: boolean
    }
  | {
      /** A folder to make; one that is there gets the mode. */
      readonly folder: string
      readonly mode: number
      readonly uid?: number
      readonly gid?: number
    }
  | {
      /** A file to make: a node of a device, or an empty file to mount something on. */
      readonly node: string
      readonly kind: 'character' | 'block' | 'file'
      /** Permission bits. */
      readonly mode: number
      readonly major?: number
      readonly minor?: number
      readonly uid?: number
      readonly gid?: number
    }
  | {
      /** A symbolic link to make. */
      readonly link: string
      readonly to: string
    }

/** Mounts. */
export interface Mounts {
  /**
   * Does steps one after the other, off the thread.
   *
   * @param where the mount namespace (with others that it takes); default our own
   * @throws the first step that fails, with its target as `path`; those before it stay done
   * @since 0.1.0
   */
  run(steps: readonly MountStep[], where?: Where): Promise<void>
}

/** Mounts by mount(2) and umount2(2). */
export function mountsOf(binding: Binding): Mounts {
  return {
    async run(steps, where) {
      await binding.runMounts(joinsOf(where), steps.map(rawMount))
    },
  }
}

function rawMount(step: MountStep): RawMount {
  const texts = Object.values(step).filter((value): value is string => typeof value === 'string')
  const broken = texts.find((text) => text.includes('\0'))
  if (broken !== undefined) throw new TypeError(`${JSON.stringify(broken)} holds a zero byte`)
  if ('unmount' in step) {
    const bits = noFollow | (step.lazy ? lazy : 0) | (step.force ? force : 0)
    return { kind: kinds.unmount, target: step.unmount, flags: bits }
  }
  if ('folder' in step) return { kind: kinds.folder, target: step.folder, flags: 0, ...ownership(step) }
  if ('node' in step) {
    const { major, minor } = step
    const { mode, ...owner } = ownership(step)
    return { kind: kinds.node, target: step.node, flags: 0, mode: mode | types[step.kind], major, minor, ...owner }
  }
  if ('link' in step) return { kind: kinds.link, target: step.link, source: step.to, flags: 0 }
  const bits = (step.flags ?? []).reduce((all, flag) => all | flagOf(flag), 0)
  return { kind: kinds.mount, target: step.mount, source: step.source, type: step.type, data: step.data, flags: bits }
}

/** Permission bits and owner of what is made. A user without a group has the group of that number. */
function ownership(step: { readonly mode: number; readonly uid?: number; readonly gid?: number }): {
  mode: number
  uid?: number
  gid?: number
} {
  const { mode, uid, gid = uid } = step
  checkInteger('mode', mode, 0, 0o7777)
  return { mode, ...(uid === undefined || gid === undefined ? {} : { uid, gid }) }
}

function flagOf(flag: MountFlag): number {
  if (flags[flag] === undefined) throw new TypeError(`no flag of mounts is called '${flag}'`)
  return flags[flag]
}
