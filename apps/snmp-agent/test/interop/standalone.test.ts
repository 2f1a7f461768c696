// SPDX-License-Identifier: GPL-2.0-or-later
// The agent on its own, asked by net-snmp's commands and by npm's net-snmp: two managers that share no code with it.
import type { ChildProcess } from 'node:child_process'
import { createRequire } from 'node:module'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ensure } from '../../../../tools/setup/system-parts.mjs'
import { freeUdpPort, run, Stage, startAgent, startDaemon, until } from './peers.js'

const parts = await ensure('snmp')
if ('why' in parts) console.error(`SKIPPED: snmp: ${parts.why}`)

const old = '1.3.6.1.4.1.36957'
const uuid = '6695eb01-f6a4-8304-79aa-97f2502e193f'
const index = [...Buffer.from(uuid.replaceAll('-', ''), 'hex')].join('.')
const passphrase = 'a passphrase'

/** What this test uses of npm's net-snmp. */
interface Session {
  get(oids: string[], done: (error: Error | null, varbinds: { value: unknown }[]) => void): void
  close(): void
}
const snmp = createRequire(import.meta.url)('net-snmp') as {
  createV3Session(host: string, user: object, options: object): Session
  SecurityLevel: { authPriv: number }
  AuthProtocols: Record<string, string>
  PrivProtocols: Record<string, string>
  Version3: number
}

describe.skipIf(!parts.ok)('on its own', () => {
  const stage = new Stage()
  let port: number
  let trapPort: number
  let agent: ChildProcess
  let uri: string
  const start = (): void => {
    agent = startAgent(stage, [
      '--uri',
      uri,
      '--config',
      stage.path('virt-snmp.conf'),
      '--listen',
      `udp:127.0.0.1:${port}`,
    ])
  }
  const v3 = (user: string, auth: string, priv: string, extra: readonly string[] = []): string[] => [
    '-m',
    '',
    '-On',
    '-Oq',
    '-t',
    '2',
    '-r',
    '0',
    '-v3',
    '-l',
    'authPriv',
    '-u',
    user,
    '-a',
    auth,
    '-A',
    passphrase,
    '-x',
    priv,
    '-X',
    passphrase,
    ...extra,
    `127.0.0.1:${port}`,
  ]
  const reader = (): string[] => v3('reader', 'SHA-256', 'AES')
  const answers = async (): Promise<boolean> =>
    (await run('snmpget', [...reader(), `${old}.1.1.1.3.${index}`])).stdout.trim().endsWith(' 1')

  beforeAll(async () => {
    const daemon = await startDaemon(stage)
    uri = `test+unix:///default?socket=${daemon.socket}`
    port = await freeUdpPort()
    trapPort = await freeUdpPort()
    stage.write(
      'virt-snmp.conf',
      `writable = 1
users = [ "reader:SHA-256:${passphrase}:AES:${passphrase}", "writer:SHA:${passphrase}:AES:${passphrase}:rw", "strong:SHA-512:${passphrase}:AES-256:${passphrase}" ]
communities = [ "public", "private:rw" ]
trap_sinks = [ "127.0.0.1:${trapPort} community public", "127.0.0.1:${trapPort} user writer" ]
state_file = "${stage.path('engine.json')}"
contact = "somebody"
`,
    )
    start()
    await until('the agent answers', answers)
  })
  afterAll(() => stage[Symbol.asyncDispose]())

  it('is walked by v3 and by v2c, both to the same end', async () => {
    const three = await run('snmpbulkwalk', [...reader(), '1.3'])
    const two = await run('snmpwalk', ['-m', '', '-On', '-Oq', '-v2c', '-c', 'public', `127.0.0.1:${port}`, '1.3'])
    const names = (text: string): string[] =>
      text
        .trim()
        .split('\n')
        .filter((line) => line.startsWith('.1.3.6.1'))
        .map((line) => line.split(' ')[0] as string)
    expect(three.code, three.stderr).toBe(0)
    expect(names(three.stdout).length).toBeGreaterThan(80)
    expect(names(two.stdout)).toEqual(names(three.stdout))
    expect(two.stdout).toMatch(/\.1\.3\.6\.1\.2\.1\.1\.4\.0 "?somebody/)
  })

  /** The reader's arguments with the value of one changed. */
  const but = (option: string, value: string): string[] =>
    reader().map((arg, i, all) => (all[i - 1] === option ? value : arg))

  it.each<[string, () => string[], RegExp]>([
    ['a wrong passphrase', () => but('-A', 'another one'), /Authentication failure|incorrect password/],
    ['a wrong key to encrypt with', () => but('-X', 'another one'), /Decryption error|Timeout/],
    ['a user that nobody knows', () => but('-u', 'nobody'), /Unknown user name/],
    ['no encryption', () => but('-l', 'authNoPriv'), /Unsupported security level/],
  ])('refuses %s', async (_, args, why) => {
    const { stderr, code } = await run('snmpget', [...args(), `${old}.1.1.1.3.${index}`])
    expect(code).not.toBe(0)
    expect(stderr).toMatch(why)
  })

  it('is silent to a community that nobody knows', async () => {
    const { stderr } = await run('snmpget', [
      '-v2c',
      '-c',
      'guess',
      '-t',
      '1',
      '-r',
      '0',
      `127.0.0.1:${port}`,
      '1.3.6.1.2.1.1.1.0',
    ])
    expect(stderr).toMatch(/Timeout/)
  })

  it('lets those set who may', async () => {
    const state = `${old}.1.1.1.3.${index}`
    expect((await run('snmpset', [...reader(), state, 'i', '3'])).stderr).toMatch(/noAccess/)
    expect((await run('snmpset', ['-v2c', '-c', 'public', `127.0.0.1:${port}`, state, 'i', '3'])).stderr).toMatch(
      /noAccess/,
    )
    const writer = v3('writer', 'SHA', 'AES')
    expect((await run('snmpset', [...writer, state, 'i', '3'])).code).toBe(0)
    expect((await run('virsh', ['-c', uri, 'domstate', 'test'])).stdout.trim()).toBe('paused')
    expect((await run('snmpset', [...writer, state, 'i', '9'])).stderr).toMatch(/wrongValue/)
    expect((await run('snmpset', [...writer, state, 'i', '1'])).code).toBe(0)
  })

  it('speaks SHA-512 and AES-256 with another implementation', async () => {
    const user = {
      name: 'strong',
      level: snmp.SecurityLevel.authPriv,
      authProtocol: snmp.AuthProtocols.sha512,
      authKey: passphrase,
      privProtocol: snmp.PrivProtocols.aes256b,
      privKey: passphrase,
    }
    const session = snmp.createV3Session('127.0.0.1', user, { port, version: snmp.Version3, timeout: 2000, retries: 0 })
    try {
      const value = await new Promise((resolve, reject) =>
        session.get([`${old}.1.1.1.2.${index}`], (error, varbinds) =>
          error === null ? resolve(String(varbinds[0]?.value)) : reject(error),
        ),
      )
      expect(value).toBe('test')
    } finally {
      session.close()
    }
  })

  it('sends traps by v2c and by v3', async () => {
    const { engineId } = JSON.parse(stage.read('engine.json')) as { engineId: string }
    stage.write(
      'snmptrapd.conf',
      `authCommunity log public\ncreateUser -e 0x${engineId} writer SHA "${passphrase}" AES "${passphrase}"\nauthUser log writer priv\ndoNotRetainNotificationLogs yes\n`,
    )
    stage.write('trap.log', '')
    const trapd = stage.start(
      'snmptrapd',
      'snmptrapd',
      [
        '-f',
        '-On',
        '-m',
        '',
        '-Lf',
        stage.path('trap.log'),
        '-C',
        '-c',
        stage.path('snmptrapd.conf'),
        '-p',
        stage.path('trapd.pid'),
        `udp:127.0.0.1:${trapPort}`,
      ],
      { SNMP_PERSISTENT_DIR: stage.path('trapd') },
    )
    await until('snmptrapd listens', () => stage.read('trap.log').includes('NET-SNMP version'))
    await run('virsh', ['-c', uri, 'suspend', 'test'])
    await until('both kinds have come', () => {
      const log = stage.read('trap.log')
      return (log.match(new RegExp(`OID: \\.${old.replaceAll('.', '\\.')}\\.0\\.1`, 'g')) ?? []).length >= 2
    })
    await run('virsh', ['-c', uri, 'resume', 'test'])
    await stage.end(trapd)
  })

  it('counts its starts, so that what was recorded before is out of time', async () => {
    const boots = async (): Promise<number> =>
      Number((await run('snmpget', ['-Oqv', ...reader(), '1.3.6.1.6.3.10.2.1.2.0'])).stdout.trim().split(' ').at(-1))
    const before = await boots()
    await stage.end(agent, 'SIGKILL')
    start()
    await until('the agent answers', answers)
    expect(await boots()).toBe(before + 1)
  })

  it('says at once what is wrong with its settings', async () => {
    const program = agent.spawnargs[1] as string
    const fails = async (text: string, ...args: string[]): Promise<string> => {
      const file = stage.write('bad.conf', text)
      const { stderr, code } = await run(process.execPath, [program, '--config', file, ...args])
      expect(code).toBe(2)
      return stderr
    }
    expect(await fails('listen = "udp:127.0.0.1:1"\n')).toMatch(/needs users or communities/)
    expect(await fails('nonsense = 1\n')).toMatch(/'nonsense' is no setting/)
    expect(await fails('users = [ "a:SHA:short" ]\n')).toMatch(/at least 8 characters/)
    expect(await fails('users = [ \n')).toMatch(/bad\.conf:/)
    expect(await fails('', '--agentx', 'somewhere')).toMatch(/unix:PATH or tcp:HOST:PORT/)
    expect(await fails('', '--bogus')).toMatch(/bogus/)
  })
})
