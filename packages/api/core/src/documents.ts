// SPDX-License-Identifier: LGPL-2.1-or-later
// Documents that are given as typed objects: printed by @virt/conf, which is loaded on the first of them.
import { isVirtError, VirtError } from './errors.js'
import type { DocumentChange, Typed } from './handle.js'
import type { CallOptions } from './plain.js'

/** How `@virt/conf` prints a typed document, and reads one. */
interface Conf {
  printDocument(kind: string, document: object): string
  parseDocument(kind: string, xml: string): object
  editDocument(kind: string, xml: string, change: (document: never) => unknown): Promise<string>
}

/** The XML of a document; text passes. @throws VirtError `config-unsupported` when `@virt/conf` is not installed */
export async function documentText(kind: string, xml: unknown): Promise<string> {
  if (typeof xml === 'string') return xml
  if (typeof xml !== 'object' || xml === null)
    throw new TypeError(`a ${kind} document is XML text or an object, not ${typeof xml}`)
  const conf = await load()
  return conf.printDocument(kind, xml)
}

/** The typed document of an XML text. @throws VirtError `config-unsupported` when `@virt/conf` is not installed */
export async function documentObject<K extends string>(kind: K, xml: Promise<string>): Promise<Typed<K>> {
  const text = await xml
  return (await load()).parseDocument(kind, text) as Typed<K>
}

/**
 * Changes what an object is defined as, and leaves the rest of its XML alone.
 * @param read its XML, with secrets
 * @param write is not called when nothing has changed
 * @throws VirtError `operation-failed` when somebody else has changed it meanwhile; `config-unsupported` when `@virt/conf`
 *   is not installed
 */
export async function editDefinition<K extends string>(
  kind: K,
  change: DocumentChange<K>,
  read: () => Promise<string>,
  write: (xml: string) => Promise<unknown>,
): Promise<void> {
  const conf = await load()
  const before = await read()
  const after = await conf.editDocument(kind, before, change)
  if (after === before) return
  if ((await read()) !== before)
    throw new VirtError(`the ${kind} has been changed by somebody else meanwhile`, {
      code: 'operation-failed',
      details: 'edit it again',
    })
  await write(after)
}

let loaded: Promise<Conf> | undefined
function load(): Promise<Conf> {
  // The name is kept from bundlers and type resolution: core depends on nothing.
  const name = '@virt/conf'
  loaded ??= (import(name) as Promise<Conf>).catch((cause: unknown) => {
    loaded = undefined
    throw new VirtError('typed documents need the package @virt/conf', {
      code: 'config-unsupported',
      details: 'npm install @virt/conf',
      cause,
    })
  })
  return loaded
}

/** What goes for every call. */
export const callOnly = ({ signal, timeout }: CallOptions): CallOptions => ({
  ...(signal === undefined ? {} : { signal }),
  ...(timeout === undefined ? {} : { timeout }),
})

/** The XML that an object will have next time; drivers without a difference may not know the flag. */
export const definitionOf =
  (object: { xmlDesc(options: CallOptions & { inactive?: boolean }): Promise<string> }, options: CallOptions) =>
  async (): Promise<string> => {
    try {
      return await object.xmlDesc({ ...callOnly(options), inactive: true })
    } catch (error) {
      if (!isVirtError(error) || error.code !== 'invalid-arg') throw error
      return await object.xmlDesc(callOnly(options))
    }
  }
