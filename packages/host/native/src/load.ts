// SPDX-License-Identifier: LGPL-2.1-or-later
// Finds the addon and loads it, once.
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import type { Binding } from './binding.js'
import { type Native, nativeOf } from './native.js'
import { startTimeOf } from './start-time.js'

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
    // By name, not beside this file: the file may have become a part of some program's bundle, the binary cannot.
    const manifest = createRequire(import.meta.url).resolve('@virt/native/package.json')
    const build = createRequire(manifest)('node-gyp-build') as (folder: string) => Omit<Binding, 'startTime'>
    return { native: nativeOf({ ...build(dirname(manifest)), startTime: startTimeOf }) }
  } catch (error) {
    const [line] = (error instanceof Error ? error.message : String(error)).split('\n')
    return { why: `@virt/native has no binary for ${process.platform}-${process.arch}: ${line}` }
  }
}
