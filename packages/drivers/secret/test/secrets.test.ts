// SPDX-License-Identifier: LGPL-2.1-or-later
// Secrets of a place: what is on the disk, who gets a value, what is asked before something is done.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type AccessCheck,
  connect,
  type Driver,
  dirsBelow,
  gate,
  LocalConnection,
  localCall,
  parseUri,
  processServices,
  type Session,
  type SlotName,
  silent,
  slots,
  virtError,
} from '@virt/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { secret } from '../src/index.js'

const id = '5e50c6f0-0000-4000-8000-000000000001'
const xml = (usage: string, attributes = '', uuid = id): string =>
  `<secret ${attributes}><uuid>${uuid}</uuid><usage type='ceph'><name>${usage}</name></usage></secret>`
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

let root = ''
let said: string[] = []
let driver: Driver
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'secrets-'))
  said = []
  driver = await started()
})
afterEach(async () => {
  await driver.stop?.()
  rmSync(root, { recursive: true, force: true })
})

const folder = (): string => join(root, 'etc/libvirt/secrets')

async function started(): Promise<Driver> {
  const log = { ...silent, error: (text: string) => void said.push(text) }
  const made = secret({ place: 'system' })(processServices({ daemon: true, dirs: dirsBelow(root), log }))
  await made.start?.()
  return made
}

async function open(system = false): Promise<Session> {
  const connection = new LocalConnection(false, undefined, system)
  const session = await driver.open(localCall(connection, undefined), parseUri('secret:///system'), 0)
  if (session === 'declined') throw new Error('declined')
  return session
}

const call = (slot: SlotName, check?: AccessCheck) => ({ ...localCall(new LocalConnection(false), slots[slot]), check })

async function define(session: Session, text: string, check?: AccessCheck) {
  return await gate.secretDefineXML(session, call('secretDefineXML', check), text, 0)
}

describe('secrets', () => {
  it('and their values are there after a restart, for the daemon alone', async () => {
    const session = await open()
    const made = await define(session, xml('a'))
    await gate.secretSetValue(session, call('secretSetValue'), made, bytes('value'), 0)
    expect(readdirSync(folder()).sort()).toEqual([`${id}.base64`, `${id}.xml`])
    for (const name of readdirSync(folder())) expect(statSync(join(folder(), name)).mode & 0o777).toBe(0o600)
    expect(readFileSync(join(folder(), `${id}.base64`), 'utf8')).toBe('dmFsdWU=')
    await driver.stop?.()
    driver = await started()
    const again = await open()
    const found = await gate.secretLookupByUsage(again, call('secretLookupByUsage'), 2, 'a')
    expect(found).toEqual(made)
    expect(await gate.secretGetValue(again, call('secretGetValue'), found, 0)).toEqual(bytes('value'))
  })

  it('that are ephemeral leave nothing on the disk, also when they become so', async () => {
    const session = await open()
    const made = await define(session, xml('a', "ephemeral='yes'"))
    await gate.secretSetValue(session, call('secretSetValue'), made, bytes('value'), 0)
    expect(readdirSync(folder())).toEqual([])
    await define(session, xml('a'))
    expect(readdirSync(folder())).toHaveLength(2)
    await define(session, xml('a', "ephemeral='yes'"))
    expect(readdirSync(folder())).toEqual([])
    expect(await gate.secretGetValue(session, call('secretGetValue'), made, 0)).toEqual(bytes('value'))
  })

  it('that are private have no value for clients, and one for the place itself', async () => {
    const session = await open()
    const made = await define(session, xml('a', "private='yes'"))
    await gate.secretSetValue(session, call('secretSetValue'), made, bytes('value'), 0)
    expect(() => gate.secretGetValue(session, call('secretGetValue'), made, 0)).toThrow('secret is private')
    const own = await open(true)
    expect(await gate.secretGetValue(own, call('secretGetValue'), made, 0)).toEqual(bytes('value'))
    await expect(define(session, xml('a'))).rejects.toThrow('cannot change private flag on existing secret')
  })

  it('are as they were when they cannot be written', async () => {
    const session = await open()
    const made = await define(session, xml('a'))
    await gate.secretSetValue(session, call('secretSetValue'), made, bytes('old'), 0)
    rmSync(folder(), { recursive: true })
    writeFileSync(folder(), '')
    const set = gate.secretSetValue(session, call('secretSetValue'), made, bytes('new'), 0)
    await expect(set).rejects.toThrow(/cannot create file .*\.base64\.new': Not a directory/)
    await expect(define(session, xml('b', '', id.replace('1', '2')))).rejects.toMatchObject({ code: 'system-error' })
    expect(await gate.secretGetValue(session, call('secretGetValue'), made, 0)).toEqual(bytes('old'))
    expect(await gate.connectNumOfSecrets(session, call('connectNumOfSecrets'))).toBe(1)
  })

  it('are not taken from files that are broken or another one’s', async () => {
    await driver.stop?.()
    writeFileSync(join(folder(), 'broken.xml'), '<secret>')
    writeFileSync(join(folder(), 'other.xml'), xml('a'))
    driver = await started()
    expect(said).toHaveLength(2)
    expect(said[1]).toContain("<uuid> does not match secret file name 'other.xml'")
    expect(readdirSync(folder())).toHaveLength(2)
    expect(await gate.connectNumOfSecrets(await open(), call('connectNumOfSecrets'))).toBe(0)
  })

  it('that are changed at once are changed one after the other', async () => {
    const session = await open()
    const both = [define(session, xml('a')), define(session, xml('a', '', id.replace('1', '2')))]
    const ends = await Promise.allSettled(both)
    expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(readdirSync(folder())).toHaveLength(1)
  })

  it('are looked up, made and listed only by those who may', async () => {
    const session = await open()
    const asked: unknown[] = []
    const refuse: AccessCheck = (object, subject, perm) => {
      if (object === 'connect') return
      asked.push([object, perm, (subject as { usageID?: string } | undefined)?.usageID])
      throw virtError(88, 0)
    }
    expect(() => gate.secretDefineXML(session, call('secretDefineXML', refuse), xml('a'), 0)).toThrow()
    const made = await define(session, xml('b'))
    expect(() => gate.secretLookupByUUID(session, call('secretLookupByUUID', refuse), id)).toThrow()
    expect(() => gate.secretGetXMLDesc(session, call('secretGetXMLDesc', refuse), made, 0)).toThrow()
    expect(await gate.connectListAllSecrets(session, call('connectListAllSecrets', refuse), 0)).toEqual([])
    expect(asked).toEqual([
      ['secret', 'write', 'a'],
      ['secret', 'getattr', 'b'],
      ['secret', 'read', 'b'],
      ['secret', 'getattr', 'b'],
    ])
  })
})

describe('a place within a program', () => {
  it('is one for all its connections, and is read anew after the last', async () => {
    const uri = `secret:///embed?root=${root}`
    const drivers = [secret()]
    const one = await connect(uri, { drivers })
    const other = await connect(uri, { drivers, readOnly: true })
    await one.secrets.define(xml('a'))
    expect((await other.secrets.byUuid(id)).usageId).toBe('a')
    await one.close()
    await other.close()
    const next = await connect(uri, { drivers })
    expect(await next.secrets.byUuid(id).then((one) => one.xmlDesc())).toContain('<name>a</name>')
    await next.close()
    await expect(connect('secret:///embed?root=here', { drivers })).rejects.toThrow("root path 'here' must be absolute")
  })
})
