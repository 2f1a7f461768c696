// SPDX-License-Identifier: GPL-2.0-or-later
// Descriptions of firmware and of helper programs.
import {
  formatFirmware,
  formatVhostUser,
  interopFiles,
  interopFolders,
  parseFirmware,
  parseVhostUser,
  readInterop,
  supportedFirmware,
} from '@virt/qemu/testing'
import { compare } from '../src/compare.mjs'
import { inScratch, unpackTree } from '../src/tree.mjs'

export const names = ['qemufirmware', 'qemuvhostuser']

const facts = [
  'op',
  'tree',
  'descriptor',
  'expectedInTree',
  'machine',
  'arch',
  'secure',
  'firmwares',
  'interfaces',
  'expectedValue',
]

function suiteOf(kind, parse, format) {
  const describe = (c, tree) => format(parse(tree.files[c.descriptor]))
  const operations = {
    parse: (c, { check }, tree) =>
      check.is('format', () => {
        const { description: _d, tags: _t, ...expected } = JSON.parse(tree.files[c.expectedInTree ?? c.descriptor])
        return compare('json', describe(c, tree), JSON.stringify(expected))
      }),
    parseFail: (c, { check }, tree) => check.fails('parse', () => describe(c, tree)),
    precedence: (c, { check }, tree) =>
      inScratch((folder) => {
        unpackTree(tree, folder)
        return check.is('files', async () => {
          const found = await interopFiles(interopFolders(kind, true, folder))
          return compare(
            'value',
            found.map((path) => path.slice(folder.length)),
            c.expectedValue,
          )
        })
      }),
    supported: (c, { check }, tree) =>
      inScratch((folder) => {
        unpackTree(tree, folder)
        return check.is('firmware', async () => {
          const all = await readInterop(interopFolders(kind, true, folder), parse, () => {})
          const values = all.map(({ value }) => value)
          const { files, interfaces, secure } = supportedFirmware(values, c.arch, c.machine)
          const firmwares = files.map(({ executable, nvram }) => [executable, nvram ?? null])
          return compare(
            'value',
            { firmwares, interfaces, secure },
            { firmwares: c.firmwares, interfaces: c.interfaces, secure: c.secure },
          )
        })
      }),
  }
  return {
    facts,
    run(c, ctx) {
      const operation = operations[c.op]
      if (operation === undefined) throw new Error('not implemented')
      return operation(c, ctx, ctx.files.json(c.tree))
    },
  }
}

export const suites = {
  qemufirmware: suiteOf('firmware', parseFirmware, formatFirmware),
  qemuvhostuser: suiteOf('vhost-user', parseVhostUser, formatVhostUser),
}
