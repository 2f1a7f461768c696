// SPDX-License-Identifier: LGPL-2.1-or-later
// The default instance is written down typed: it has to be what the readers would have made.
import { domain, hostInterface, network, nodeDevice, storagePool } from '@virt/conf'
import { expect, test } from 'vitest'
import {
  defaultDevices,
  defaultDomain,
  defaultInterface,
  defaultNetwork,
  defaultPool,
} from '../src/default-documents.js'
import { completed, hooks, readBack } from '../src/domain-document.js'

test('the domain is what comes back from its own text', () => {
  const text = domain.print(defaultDomain(), { hooks })
  expect(readBack(text)).toMatchObject(defaultDomain())
  expect(domain.print(completed(domain.parse(text, { inactive: true, hooks })), { hooks })).toBe(text)
})

test.each([
  ['network', network, [defaultNetwork()]],
  ['interface', hostInterface, [defaultInterface()]],
  ['pool', storagePool, [defaultPool()]],
  ['node device', nodeDevice, defaultDevices()],
] as const)('each %s is what comes back from its own text', (_name, kind, documents) => {
  for (const document of documents) {
    const text = kind.print(document as never)
    const read = kind.parse(text)
    expect(read).toMatchObject(document)
  }
})
