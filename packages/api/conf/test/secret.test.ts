// SPDX-License-Identifier: LGPL-2.1-or-later
import { isVirtError } from '@virt/core'
import { describe, expect, it } from 'vitest'
import { secret } from '../src/index.js'

const text = `<secret ephemeral='no' private='yes'>
  <uuid>f52a81b2-424e-490c-823d-6bd4235bc572</uuid>
  <description>a &lt; b</description>
  <usage type='ceph'>
    <name>client.admin secret</name>
  </usage>
</secret>
`

function failure(run: () => unknown): { number: number; message: string; details: string | undefined } {
  try {
    run()
  } catch (error) {
    if (isVirtError(error)) return { number: error.number, message: error.message, details: error.details }
    throw error
  }
  throw new Error('did not fail')
}

describe('secret', () => {
  it('reads into a plain record and prints the same text', () => {
    const read = secret.parse(text)
    expect(read).toStrictEqual({
      ephemeral: false,
      private: true,
      uuid: 'f52a81b2-424e-490c-823d-6bd4235bc572',
      description: 'a < b',
      usage: { type: 'ceph', name: 'client.admin secret' },
    })
    expect(secret.print(read)).toBe(text)
  })

  it('says where a bad value is', () => {
    const { number, message, details } = failure(() => secret.parse("<secret>\n  <usage type='moon'/>\n</secret>"))
    expect(number).toBe(27)
    expect(message).toBe("XML error: Invalid value for attribute 'type' in element 'usage': 'moon'.")
    expect(details).toContain('/secret/usage at line 2')
  })

  it('refuses unknown content only when asked to', () => {
    const odd = "<secret><usage type='tls'><name>x</name></usage><odd/></secret>"
    expect(secret.print(secret.parse(odd))).not.toContain('odd')
    expect(failure(() => secret.parse(odd, { validate: true })).number).toBe(92)
  })
})
