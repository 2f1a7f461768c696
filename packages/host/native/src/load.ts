// SPDX-License-Identifier: LGPL-2.1-or-later
// Finds the addon and loads it, once.
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Binding } from './binding.js'
import { type FileBinding, fileBinding } from './files.js'
import { type Native, nativeOf } from './native.js'

type Answer = { readonly native: Native } | { readonly why: string }
let answer: Answer | undefined

/**
 * The addon's facilities, or undefined where no binary fits this machine; `loadFailure` then says why.
 *
 * Nothing stands in for what is missing: a caller that cannot ask the kernel must refuse what depends on the answer.
 *
 * @since 0.1.0
 */
export function load(): Native | undefined {
  answer ??= find()
  return 'native' in answer ? answer.native : undefined
}

/**
 * Why `load` answers undefined; undefined when it does not.
 *
 * @since 0.1.0
 */
export function loadFailure(): string | undefined {
  answer ??= find()
  return 'why' in answer ? answer.why : undefined
}

function find(): Answer {
  if (process.platform !== 'linux') return { why: `@virt/native is for Linux, this is ${process.platform}` }
  try {
    return { native: nativeOf({ ...(usual() ?? byName()), ...fileBinding }) }
  } catch (error) {
    const [line] = (error instanceof Error ? error.message : String(error)).split('\n')
    return { why: `@virt/native has no binary for ${process.platform}-${process.arch}: ${line}` }
  }
}

type Addon = Omit<Binding, keyof FileBinding>

/**
 * The binary for the usual C library, where this package usually is. To ask Node for the package and node-gyp-build for the
 * binary takes milliseconds, of which a program's start has few.
 */
function usual(): Addon | undefined {
  const file = join('prebuilds', `linux-${process.arch}`, '@virt+native.glibc.node')
  // This file may have become a part of some program's bundle, the binary cannot: look where Node would.
  const here = dirname(fileURLToPath(import.meta.url))
  const places = [dirname(here)]
  for (let folder = here; folder !== dirname(folder); folder = dirname(folder))
    places.push(join(folder, 'node_modules/@virt/native'))
  const path = places.map((place) => join(place, file)).find((path) => existsSync(path))
  if (path === undefined) return undefined
  const module = { exports: {} }
  try {
    process.dlopen(module, path)
  } catch {
    // For another C library.
    return undefined
  }
  return module.exports as Addon
}

/** The binary that fits, wherever the package is; throws when there is none. */
function byName(): Addon {
  const manifest = createRequire(import.meta.url).resolve('@virt/native/package.json')
  const build = createRequire(manifest)('node-gyp-build') as (folder: string) => Addon
  return build(dirname(manifest))
}
