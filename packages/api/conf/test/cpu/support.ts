// SPDX-License-Identifier: LGPL-2.1-or-later
// Short ways to say processors.
import { isVirtError } from '@virt/core'
import { type Cpu, guestCpu, type HostCpu, hostCpu } from '../../src/index.js'

/** A host of a model with features. */
export function hostOf(model: string, features: readonly string[] = [], vendor?: string, arch = 'x86_64'): HostCpu {
  return hostCpu.parse(
    `<cpu><arch>${arch}</arch><model>${model}</model>${vendor ? `<vendor>${vendor}</vendor>` : ''}${features
      .map((name) => `<feature name='${name}'/>`)
      .join('')}</cpu>`,
  )
}

/** A guest: attributes of `<cpu>`, its model, and features as `policy name`. */
export function guestOf(model: string, features: readonly string[] = [], attributes = ''): Cpu {
  const list = features.map((text) => {
    const [policy, name] = text.split(' ')
    return `<feature policy='${policy}' name='${name}'/>`
  })
  return guestCpu.parse(`<cpu ${attributes}>${model && `<model>${model}</model>`}${list.join('')}</cpu>`)
}

/** Features as `policy name`. */
export function policies(cpu: Cpu | undefined): string[] {
  return (cpu?.features ?? []).map(({ policy, name }) => `${policy} ${name}`)
}

/** Number and message of an error of ours. */
export function failure(run: () => unknown): { number: number; message: string } {
  try {
    run()
  } catch (error) {
    if (isVirtError(error)) return { number: error.number, message: error.message }
    throw error
  }
  throw new Error('did not fail')
}
