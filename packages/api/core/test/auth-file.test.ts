// SPDX-License-Identifier: LGPL-2.1-or-later
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { AuthFile, credentialsOf, isVirtError, parseUri, readAuthFile, VirtError } from '../src/index.js'

const text = `# two hosts
[credentials-lab]
authname = fred
password= secret word=1 

[auth-libvirt-lab.example] trailing
credentials=lab
[auth-esx-default]
credentials=root
[auth-libvirt-nowhere]
credentials=gone
[auth-libvirt-odd]
other=lab
[credentials-root]
username=root
username=admin
realm=
`
const file = new AuthFile(text, '/auth.conf')
const folder = mkdtempSync(join(tmpdir(), 'virt-auth-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const failed = (why: string): VirtError => new VirtError(why, { code: 'auth-failed' })

describe('the file of credentials', () => {
  it.each([
    ['libvirt', 'lab.example', 'authname', 'fred'],
    ['libvirt', 'lab.example', 'passphrase', 'secret word=1 '],
    ['libvirt', 'lab.example', 'username', undefined],
    ['libvirt', 'lab.example', 'cnonce', undefined],
    ['libvirt', 'other.example', 'authname', undefined],
    ['esx', 'any.example', 'username', 'admin'],
    ['esx', 'any.example', 'realm', ''],
  ] as const)('answers for %s on %s the %s', (service, host, type, answer) => {
    expect(file.lookup(service, host, type)).toBe(answer)
  })

  it.each([
    ['nowhere', "Missing group 'credentials-gone' referenced from group 'auth-libvirt-nowhere' in '/auth.conf'"],
    ['odd', "Missing item 'credentials' in group 'auth-libvirt-odd' in '/auth.conf'"],
  ])('says what is missing for %s', (host, detail) => {
    expect(() => file.lookup('libvirt', host, 'authname')).toThrow(`configuration file syntax error: ${detail}`)
  })

  it.each(['password=secret', '[a]\nsecret', '[a]\n=secret', '[a]\n; secret'])(
    'names the line that it cannot read, without what is in it',
    (bad) => {
      const read = (): AuthFile => new AuthFile(bad, '/auth.conf')
      expect(read).toThrow(/auth\.conf:\d: expecting/)
      expect(read).not.toThrow(/secret/)
    },
  )

  it('takes any bytes without falling over', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('[', ']', '=', '#', '\n', ' ', 'a', 'auth-x-y', 'credentials')), (parts) => {
        try {
          new AuthFile(parts.join(''), 'f').lookup('x', 'y', 'authname')
        } catch (error) {
          expect(isVirtError(error)).toBe(true)
        }
      }),
    )
  })
})

describe('looking for the file', () => {
  const put = (name: string): string => {
    const path = join(folder, name)
    mkdirSync(join(path, '..'), { recursive: true })
    writeFileSync(path, `# ${name}\n`)
    return path
  }
  const given = put('given.conf')
  const environment = put('environment.conf')
  const user = put('home/.config/libvirt/auth.conf')
  const uri = parseUri(`test+tcp://host/default?authfile=${given}`)

  it.each([
    [uri, { LIBVIRT_AUTH_FILE: environment }, given],
    [undefined, { LIBVIRT_AUTH_FILE: environment }, environment],
    [undefined, {}, user],
    [undefined, { XDG_CONFIG_HOME: join(folder, 'elsewhere') }, undefined],
  ])('takes the URI before the environment before the home', async (uri, env, path) => {
    expect((await readAuthFile(uri, env, join(folder, 'home')))?.path).toBe(path)
  })

  it('names a file that was asked for and is not there', async () => {
    await expect(readAuthFile(undefined, { LIBVIRT_AUTH_FILE: '/nowhere/auth.conf' })).rejects.toThrow(
      "Failed to open file '/nowhere/auth.conf'",
    )
  })
})

describe('answering questions', () => {
  const name = { type: 'authname', prompt: 'name' } as const
  const password = { type: 'passphrase', prompt: 'password' } as const
  const uri = parseUri(`test+tcp://host/default?authfile=${join(folder, 'half.conf')}`)
  writeFileSync(join(folder, 'half.conf'), '[auth-libvirt-default]\ncredentials=x\n[credentials-x]\nauthname=fred\n')
  const target = { service: 'libvirt', host: 'host', uri }

  it('asks only for what the file does not know', async () => {
    const asked: string[] = []
    const ask = credentialsOf(
      target,
      (questions) => {
        asked.push(...questions.map(({ type }) => type))
        return ['secret']
      },
      failed,
    )
    expect(await ask([name, password])).toEqual(['fred', 'secret'])
    expect(asked).toEqual(['passphrase'])
  })

  it('fails when there is nobody to ask, and when nobody answers', async () => {
    expect(await credentialsOf(target, undefined, failed)([name])).toEqual(['fred'])
    await expect(credentialsOf(target, undefined, failed)([password])).rejects.toThrow('No authentication callback')
    await expect(credentialsOf(target, () => [undefined], failed)([password])).rejects.toThrow('Failed to collect')
    const broken = credentialsOf(target, () => Promise.reject(new Error('terminal is gone')), failed)
    await expect(broken([password])).rejects.toMatchObject({
      code: 'auth-failed',
      cause: { message: 'terminal is gone' },
    })
  })
})
