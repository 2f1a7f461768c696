// SPDX-License-Identifier: GPL-2.0-or-later
// Storage pools and volumes.
import {
  poolTypes,
  storagePool,
  storagePoolCapabilities,
  storagePoolCapabilitiesOf,
  storagePoolNamespaces,
  storageVolume,
} from '@virt/conf'

export const names = ['storagepoolxml2xml', 'storagevolxml2xml', 'storagepoolcaps']
const hooks = { namespaces: storagePoolNamespaces }

export const suites = {
  storagepoolxml2xml: {
    facts: ['input'],
    async run(c, { check, files }) {
      const convert = () => storagePool.print(storagePool.parse(files.text(c.input), { hooks }), { hooks })
      if (c.expect !== 'ok') return check.fails('parse', convert)
      await check.role('xml', 'expectedXml', convert, (role) => files.text(role))
    },
  },
  storagevolxml2xml: {
    facts: ['input', 'pool', 'parseFlags'],
    async run(c, { check, files }) {
      const convert = () => {
        const pool = storagePool.parse(files.text(c.pool), { hooks })
        const driver = {
          poolType: pool.type,
          noCapacity: c.parseFlags.includes('NO_CAPACITY'),
          optionalCapacity: c.parseFlags.includes('OPT_CAPACITY'),
        }
        return storageVolume.print(storageVolume.parse(files.text(c.input), { driver }))
      }
      if (c.expect !== 'ok') return check.fails('parse', convert)
      await check.role('xml', 'expectedXml', convert, (role) => files.text(role))
    },
  },
  storagepoolcaps: {
    facts: ['poolTypes'],
    async run(c, { check }) {
      const types = new Set(c.poolTypes === 'all' ? Object.keys(poolTypes) : c.poolTypes)
      await check.role('xml', 'expectedXml', () => storagePoolCapabilities.print(storagePoolCapabilitiesOf(types)))
    },
  },
}
