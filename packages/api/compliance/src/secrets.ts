// SPDX-License-Identifier: LGPL-2.1-or-later
// Secrets.
import { check, fails, type Suite, same, uniqueName } from './suite.js'

const slots = ['secretDefineXML', 'secretUndefine', 'secretLookupByUUID'] as const

export const secrets: Suite = {
  name: 'secrets',
  tests: [
    {
      name: 'a secret is defined, found, listed and forgotten',
      needs: [...slots, 'connectListAllSecrets', 'secretGetXMLDesc'],
      async run(c, t) {
        const secret = await c.secrets.define(t.templates.secret?.(uniqueName('secret')) ?? '')
        const found = await c.secrets.byUuid(secret.uuid)
        same(found.usageId, secret.usageId, 'what it is for')
        check((await found.xmlDesc()).includes(secret.uuid), 'its document')
        check(
          (await c.secrets.list().toArray()).some((one) => one.uuid === secret.uuid),
          'it is not listed',
        )
        await secret.undefine()
        await fails(() => c.secrets.byUuid(secret.uuid), 'no-secret', 'lookup afterwards')
      },
    },
    {
      name: 'a value is kept byte for byte, and there is none at first',
      needs: [...slots, 'secretSetValue', 'secretGetValue'],
      async run(c, t) {
        const secret = await c.secrets.define(t.templates.secret?.(uniqueName('secret')) ?? '')
        try {
          await fails(() => secret.value(), 'no-secret', 'a value that nobody has set')
          const bytes = Uint8Array.from({ length: 256 }, (_, i) => i)
          await secret.setValue(bytes)
          same([...(await secret.value())], [...bytes], 'value')
        } finally {
          await secret.undefine()
        }
      },
    },
    {
      name: 'a read-only connection sees secrets and no values',
      needs: [...slots, 'secretSetValue', 'secretGetValue'],
      async run(c, t) {
        const secret = await c.secrets.define(t.templates.secret?.(uniqueName('secret')) ?? '')
        const reader = await t.open({ readOnly: true })
        try {
          await secret.setValue(Uint8Array.of(1))
          const seen = await reader.secrets.byUuid(secret.uuid)
          await fails(() => seen.value(), 'operation-denied', 'its value')
        } finally {
          await reader.close()
          await secret.undefine()
        }
      },
    },
    {
      name: 'malformed secrets are refused',
      needs: slots,
      async run(c) {
        for (const xml of ['', '<domain/>', '<secret><oops'])
          await c.secrets.define(xml).then(
            () => check(false, `a document was accepted: ${xml}`),
            () => {},
          )
      },
    },
  ],
}
