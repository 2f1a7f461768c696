// SPDX-License-Identifier: GPL-2.0-or-later
// A daemon that logs all it can: nothing of what is secret is in it, however it came.
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { connect, isVirtError } from '@virt/core'
import { remote } from '@virt/remote'
import { UserFile } from '@virt/sasl'
import { expect, it } from 'vitest'
import { startVirtd } from '../peers.mjs'

const password = 'correct-horse-battery'
const wrong = 'incorrect-donkey-accumulator'
const value = 'the-value-of-a-secret'
const screen = 'screenpw'
const inside = 'password-of-a-guest-user'

/** The forms in which a text may be somewhere. */
const formsOf = (text: string): string[] => {
  const bytes = Buffer.from(text)
  return [text, bytes.toString('base64').replace(/=+$/, '').slice(0, -1), bytes.toString('hex')]
}

it('secrets are in no log, at whatever level', { timeout: 60_000 }, async () => {
  await using daemon = await startVirtd({
    settings: 'auth_unix_rw = "sasl"\nlog_level = 1\nlog_filters = "1:*"\n',
    args: ['--verbose'],
    env: { LIBVIRT_DEBUG: '1', NODE_DEBUG: '' },
  })
  await new UserFile(join(daemon.root, 'etc/libvirt/passwd.virt')).set('fred', hostname(), password)
  await new UserFile(join(daemon.root, 'etc/libvirt/passwd.virt')).set('fred', 'localhost', password)
  const failures: string[] = []
  const attempt = async (work: () => Promise<unknown>): Promise<void> => {
    try {
      await work()
    } catch (error) {
      if (!isVirtError(error)) throw error
      failures.push(`${error.message} ${error.details ?? ''} ${error.stack}`)
    }
  }
  for (const mechanism of ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-1', 'DIGEST-MD5'])
    for (const said of [password, wrong]) {
      const uri = `test+unix:///default?socket=${daemon.socket}&auth=sasl.${mechanism}`
      const auth = (questions: readonly { type: string }[]): string[] =>
        questions.map(({ type }) => (type === 'authname' ? 'fred' : said))
      await attempt(async () => {
        await using conn = await connect(uri, { drivers: [remote()], auth })
        const dom = await conn.domains.define(
          `<domain type='test'><name>g</name><memory>8192</memory><os><type>hvm</type></os>
            <devices><graphics type='vnc' passwd='${screen}'/></devices></domain>`,
        )
        await attempt(() => dom.setUserPassword('root', inside))
        await attempt(() =>
          conn.raw.call('SECRET_SET_VALUE', {
            secret: { uuid: dom.uuid, usageType: 0, usageID: '' },
            value: Buffer.from(value),
            flags: 0,
          }),
        )
        // What is not right is told of, but not by heart.
        await attempt(() => conn.domains.define(`<domain type='test'><secret>${value}</secret>`))
      })
    }
  const log = daemon.said()
  expect(log).toMatch(/ info : .* warning : rpc\.netserver : SASL: /s)
  expect(failures.length).toBeGreaterThan(4)
  for (const text of [password, wrong, inside, screen, value])
    for (const form of formsOf(text)) expect(log).not.toContain(form)
  for (const text of [password, wrong, inside]) expect(failures.join('\n')).not.toContain(text)
  // What is kept of a password opens nothing by itself.
  expect(readFileSync(join(daemon.root, 'etc/libvirt/passwd.virt'), 'utf8')).not.toContain(password)
})
