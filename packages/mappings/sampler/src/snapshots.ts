// SPDX-License-Identifier: LGPL-2.1-or-later
// The snapshots of a guest.
import { parseTree, type XmlTree } from '@virt/conf'
import { ErrorDomain } from '@virt/core'
import type { Guest, GuestSnapshot } from './guest.js'
import type { Numbers } from './numbers.js'
import { tried } from './resources.js'

/** Reads the snapshots of a guest; a document is read once, for it does not change while the snapshot exists. */
export async function readSnapshots(
  guest: Guest,
  numbers: Numbers,
  timeout: number,
): Promise<readonly GuestSnapshot[]> {
  const options = { timeout }
  const handles = await guest.handle.snapshots(options)
  const given = numbers.of(handles.map(({ name }) => name))
  const current = await tried(async () => (await guest.handle.currentSnapshot(options)).name, undefined)
  const known = new Map(guest.snapshots.map((snapshot) => [snapshot.number, snapshot]))
  const out: GuestSnapshot[] = []
  for (const [i, handle] of handles.entries()) {
    const number = given[i] as number
    const facts = known.get(number) ?? factsOf(parseTree(await handle.xmlDesc(options), ErrorDomain.DOMAIN_SNAPSHOT))
    out.push({ ...facts, number, name: handle.name, current: handle.name === current })
  }
  return out
}

function factsOf(document: XmlTree): Pick<GuestSnapshot, 'parent' | 'state' | 'created'> {
  const seconds = textAt(document, 'creationTime')
  return {
    parent: textAt(document, 'parent', 'name'),
    state: textAt(document, 'state'),
    created: /^\d+$/.test(seconds) ? new Date(Number(seconds) * 1000) : undefined,
  }
}

function textAt(node: XmlTree, ...path: readonly string[]): string {
  const [name, ...rest] = path
  if (name === undefined)
    return node.children
      .filter((child) => typeof child === 'string')
      .join('')
      .trim()
  const child = node.children.find((one): one is XmlTree => typeof one === 'object' && one.name === name)
  return child === undefined ? '' : textAt(child, ...rest)
}
