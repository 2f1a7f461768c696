// SPDX-License-Identifier: GPL-2.0-or-later
// Disk images and those that they stand on.
import { join } from 'node:path'
import { imageChain } from '@virt/linux'
import { inScratch, unpackTree } from '../src/tree.mjs'

export const names = ['storagechain']

/** libvirt's numbers of formats. */
const formats = 'none raw dir bochs cloop dmg iso vpc vdi vhd ploop luks cow qcow qcow2 qed vmdk'.split(' ')

const pathOf = (source) => source.file ?? source.dir ?? source.name

/** One image, as the corpus writes it. */
function block({ source, format, header, relative, dataFile }) {
  const { backing } = header
  const backingFormat =
    backing === undefined
      ? 'none(0)'
      : backing.format === undefined
        ? '<null>(-1)'
        : `${backing.format}(${formats.indexOf(backing.format)})`
  const lines = [
    `path:${pathOf(source)}`,
    `backingStoreRaw: ${backing?.name ?? '<null>'}`,
    `backingStoreRawFormat: ${backingFormat}`,
    `capacity: ${header.capacity}`,
    `encryption: ${header.encrypted ? 1 : 0}`,
    `relPath:${relative ?? '<null>'}`,
    `type:${source.type}`,
    `format:${format}`,
    `protocol:${source.protocol ?? 'none'}`,
    `hostname:${source.hosts?.[0]?.name ?? '<null>'}`,
  ]
  const data =
    dataFile === undefined
      ? []
      : [
          '',
          `dataFileRaw: ${header.dataFile}`,
          '',
          '',
          'dataFileStoreSource:',
          `path: ${dataFile.path}`,
          'capacity: 0',
          'encryption: 0',
          'type:file',
          `format:${dataFile.format}`,
        ]
  return [...lines, ...data].map((line) => `${line}\n`).join('')
}

export const suites = {
  storagechain: {
    facts: ['start', 'format', 'expect', 'imageTree'],
    run: (c, { check, files }) =>
      inScratch(async (folder) => {
        unpackTree(files.json(c.imageTree), join(folder, 'virstoragetestdata/images'))
        const chain = async () => {
          const images = await imageChain(join(folder, c.start), c.format === 'auto' ? undefined : c.format)
          return images.map(block).join('\n').replaceAll(folder, 'ABS_SRCDIR')
        }
        if (c.expect === 'failure') await check.fails('chain', chain)
        else await check.role('chain', 'expected', chain)
      }),
  },
}
