// SPDX-License-Identifier: GPL-2.0-or-later
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { run } from '../src/run.js'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'virt-passwd-'))
  mkdirSync(join(root, 'etc/libvirt'), { recursive: true })
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

/** What the command prints. */
async function passwd(args: string[], input = '', typed: string[] = []): Promise<string> {
  let output = ''
  const left = [...typed]
  await run(['--root', root, ...args], {
    env: {},
    uid: 0,
    host: 'host.example',
    write: (text) => {
      output += text
    },
    readInput: async () => input,
    ask: async () => left.shift() ?? '',
  })
  return output
}

it('makes users of this host, of a realm that is given, and of one in the name', async () => {
  await passwd(['-p', '-c', 'fred'], 'secret\n')
  await passwd(['-p', '-c', '-u', 'there', '-a', 'libvirt', 'fred'], 'secret')
  await passwd(['-pc', 'anna@elsewhere'], 'secret')
  expect(await passwd(['--list'])).toBe('anna@elsewhere\nfred@host.example\nfred@there\n')
})

it('takes a newline off the password, and writes down the same for it with and without', async () => {
  await passwd(['-pc', 'fred'], 'secret\n')
  const digest = (): string | undefined =>
    /DIGEST-MD5=(\w+)/.exec(readFileSync(join(root, 'etc/libvirt/passwd.virt'), 'utf8'))?.[1]
  const first = digest()
  await passwd(['-p', 'fred'], 'secret')
  expect(digest()).toBe(first)
  await passwd(['fred'], '', ['other', 'other'])
  expect(digest()).not.toBe(first)
})

it('changes nothing when the two passwords differ, or there is no such user', async () => {
  await passwd(['-pc', 'fred'], 'secret')
  const was = readFileSync(join(root, 'etc/libvirt/passwd.virt'), 'utf8')
  await expect(passwd(['fred'], '', ['one', 'two'])).rejects.toThrow('the passwords differ')
  await expect(passwd(['-p', 'anna'], 'x')).rejects.toThrow('there is no user anna@host.example; -c makes one')
  await expect(passwd(['-d', 'anna'])).rejects.toThrow('there is no user anna@host.example')
  await expect(passwd(['-p', 'fred'], '')).rejects.toThrow('the password is empty')
  await expect(passwd(['-c', '-d', 'fred'])).rejects.toThrow('exclude')
  expect(readFileSync(join(root, 'etc/libvirt/passwd.virt'), 'utf8')).toBe(was)
})

it('removes users', async () => {
  await passwd(['-pc', 'fred'], 'secret')
  await passwd(['-d', 'fred'])
  expect(await passwd(['--list'])).toBe('')
})
