// SPDX-License-Identifier: GPL-2.0-or-later
// Reads a folder of CPU tables (index.xml and what it includes) into plain records, one per architecture.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseTree } from '@virt/conf'

const elements = (tree, name) => tree.children.filter((one) => typeof one !== 'string' && one.name === name)
const nameOf = (tree, child) => elements(tree, child)[0]?.attributes.name

/** What a file may say of a model; absent keys are not said. */
function readModel(tree) {
  const [check] = elements(tree, 'check')
  const [decode] = elements(tree, 'decode')
  return {
    name: tree.attributes.name,
    of: nameOf(tree, 'model'),
    check: check?.attributes.partial,
    decode: ['host', 'guest'].filter((who) => decode?.attributes[who] === 'on'),
    signatures: elements(tree, 'signature').map(({ attributes: { family, model, stepping } }) =>
      [family, model, ...(stepping === undefined ? [] : [stepping])].join('/'),
    ),
    vendor: nameOf(tree, 'vendor'),
    pvr: elements(tree, 'pvr').map(({ attributes: { value, mask } }) => (mask ? `${value}/${mask}` : value)),
    features: new Map(
      elements(tree, 'feature').map(({ attributes: { name, added, removed } }) => [
        name,
        added === 'yes' ? 'added' : removed === 'yes' ? 'removed' : 'features',
      ]),
    ),
  }
}

/** Where a feature's one bit is. */
function readBit(tree) {
  const found = ['cpuid', 'msr'].flatMap((kind) => elements(tree, kind).map((one) => [kind, one.attributes]))
  if (found.length === 0) return undefined
  const [kind, { eax_in: leaf, ecx_in: sub = '0x00000000', index, ...registers }] = found[0]
  const set = Object.entries(registers).filter(([, value]) => Number(value) !== 0)
  const bit = Math.log2(Number(set[0]?.[1]))
  if (found.length > 1 || set.length !== 1 || !Number.isInteger(bit))
    throw new Error(`feature ${tree.attributes.name} is not a single bit`)
  const [[register]] = set
  return { word: kind === 'msr' ? `msr ${index} ${register}` : `cpuid ${leaf} ${sub} ${register}`, bit }
}

function readFeature(tree) {
  return {
    name: tree.attributes.name,
    migratable: tree.attributes.migratable !== 'no',
    at: readBit(tree),
    aliases: elements(tree, 'alias').map(({ attributes: { name, source } }) => ({ name, source })),
  }
}

/** `{ name, vendors, features, models }` for every `<arch>` of the index. */
export function readMap(folder) {
  const read = (name) => parseTree(readFileSync(join(folder, name), 'utf8'), 0)
  return elements(read('index.xml'), 'arch').map((arch) => {
    const table = { name: arch.attributes.name, vendors: [], features: [], models: [] }
    const take = (tree) => {
      for (const one of elements(tree, 'vendor')) table.vendors.push(one.attributes)
      for (const one of elements(tree, 'feature')) table.features.push(readFeature(one))
      for (const one of elements(tree, 'model')) table.models.push(readModel(one))
    }
    const follow = (tree) => {
      for (const one of elements(tree, 'include')) take(read(one.attributes.filename))
      for (const one of elements(tree, 'group')) follow(one)
    }
    follow(arch)
    return table
  })
}
