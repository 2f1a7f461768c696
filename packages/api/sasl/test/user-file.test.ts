// SPDX-License-Identifier: LGPL-2.1-or-later
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, it } from 'vitest'
import { formatUsers, makeUser, parseUsers, UserFile, UserFileError } from '../src/index.js'

const folder = mkdtempSync(join(tmpdir(), 'virt-sasl-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let n = 0
const fresh = (): UserFile => new UserFile(join(folder, `passwd.${n++}`))

it('keeps users by name and realm, for itself and for others who look', async () => {
  const file = fresh()
  expect(await file.find('fred', 'here')).toBeUndefined()
  await file.set('fred', 'here', 'one')
  await file.set('fred', 'there', 'two')
  await file.set('anna home', 'here', 'three')
  const other = new UserFile(file.path)
  expect(await other.list()).toEqual([
    { user: 'anna home', realm: 'here' },
    { user: 'fred', realm: 'here' },
    { user: 'fred', realm: 'there' },
  ])
  const was = await other.find('fred', 'here')
  await file.set('fred', 'here', 'new')
  expect((await other.find('fred', 'here'))?.digest).not.toEqual(was?.digest)
  expect(await file.delete('fred', 'here')).toBe(true)
  expect(await file.delete('fred', 'here')).toBe(false)
  expect(await other.find('fred', 'here')).toBeUndefined()
})

it('is only for its owner, leaves nothing beside it, and does not hold the password', async () => {
  const file = fresh()
  await file.set('fred', 'here', 'a very plain password')
  expect(statSync(file.path).mode & 0o777).toBe(0o600)
  expect(readdirSync(folder).filter((name) => name.endsWith('.new'))).toEqual([])
  const text = readFileSync(file.path, 'utf8')
  expect(text).not.toContain('plain password')
  expect(text).not.toContain(Buffer.from('a very plain password').toString('base64'))
})

it('loses none of several changes at once', async () => {
  const file = fresh()
  await file.set('first', 'here', 'x')
  await Promise.all(Array.from({ length: 8 }, (_, i) => new UserFile(file.path).set(`user${i}`, 'here', 'x')))
  expect((await file.list()).length).toBe(9)
})

it('refuses names and passwords that cannot be, and changes nothing then', async () => {
  const file = fresh()
  for (const [user, password] of [
    ['', 'x'],
    ['anna@home', 'x'],
    ['fred', ''],
    ['fr\ned', 'x'],
    ['fred', 'x\0'],
    ['x'.repeat(2000), 'x'],
  ] as const)
    await expect(file.set(user, 'here', password)).rejects.toThrow(UserFileError)
  await expect(file.set('fred', 'here', 'x', false)).rejects.toThrow('does not exist')
  expect(await file.list()).toEqual([])
})

it('says which line is wrong, and not what it holds', async () => {
  const file = fresh()
  await file.set('fred', 'here', 'x')
  writeFileSync(file.path, `${readFileSync(file.path, 'utf8')}anna@here DIGEST-MD5=zz\n`)
  await expect(file.find('fred', 'here')).rejects.toThrow(/^line 3 is malformed$/)
})

it('reads what it writes, whatever the names', async () => {
  const made = await makeUser('x', 'y', 'z', 4096)
  const name = fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' })
  fc.assert(
    fc.property(fc.array(fc.tuple(name, name)), (names) => {
      const users = names.map(([user, realm]) => ({ ...made, user, realm }))
      expect(parseUsers(formatUsers(users))).toEqual(users)
    }),
  )
})

it('takes any text, or refuses it with its own error', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      try {
        parseUsers(text)
      } catch (error) {
        expect(error).toBeInstanceOf(UserFileError)
      }
    }),
  )
})
