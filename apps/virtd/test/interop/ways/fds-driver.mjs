// SPDX-License-Identifier: GPL-2.0-or-later
// A driver whose guests tell what is in the files that are passed to them, and pass a file back.
import { fstatSync, openSync, readSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const guest = { name: 'guest', uuid: '6695eb01-f6a4-8304-79aa-97f2502e193f', id: 1 }
const seen = []

function textOf(fd) {
  const buffer = Buffer.alloc(4096)
  return buffer.toString('utf8', 0, readSync(fd, buffer, 0, buffer.length, fstatSync(fd).isSocket() ? null : 0))
}

const slots = {
  domainLookupByName: () => guest,
  domainOpenGraphics: (_call, _dom, idx, _flags, fds) => void seen.push(`graphics ${idx} ${fds.map(textOf)}`),
  domainCreateXMLWithFiles(_call, _xml, _flags, fds) {
    seen.push(`create ${fds.map(textOf)}`)
    return guest
  },
  domainFDAssociate: (_call, _dom, name, _flags, fds) => void seen.push(`${name} ${fds.map(textOf)}`),
  domainGetXMLDesc: () => seen.join('; '),
}

export const driver = ({ dirs }) => {
  const path = join(dirs.run, 'screen')
  writeFileSync(path, 'the screen')
  const all = { ...slots, domainOpenGraphicsFD: () => ({ fds: [openSync(path, 'r')] }) }
  const supports = Object.fromEntries(Object.keys(all).map((name) => [name, { flags: 0, fn: name }]))
  return {
    name: 'fds',
    spi: 1,
    schemes: ['fds'],
    families: ['hypervisor'],
    supports,
    accepts: ({ scheme }) => scheme === 'fds',
    open: () => ({ supports, ...all, close() {} }),
  }
}
