// SPDX-License-Identifier: LGPL-2.1-or-later
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, isVirtError, parseUri, type VirtError } from '@virt/core'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { remote } from '../src/index.js'
import { proxyCommand, shellWord } from '../src/ssh-command.js'
import { sshArguments } from '../src/transport-ssh.js'

const folder = mkdtempSync(join(tmpdir(), 'virt-ssh-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const args = (uri: string, readOnly = false): string[] => sshArguments(parseUri(uri), readOnly).slice(0, -1)

/** A program of the folder: a shell script. */
function program(name: string, script: string): string {
  const path = join(folder, name)
  writeFileSync(path, `#!/bin/sh\n${script}\n`)
  chmodSync(path, 0o755)
  return path
}

/** What the other host does with a command, where the folder is all of its PATH that matters. */
function runThere(command: string): string {
  const { stdout } = spawnSync('/bin/sh', ['-c', command], {
    encoding: 'utf8',
    env: { PATH: `${folder}/bin` },
  })
  return stdout
}

describe('arguments for ssh', () => {
  it.each([
    ['qemu+ssh://host/system', ['-T', '-e', 'none', '--', 'host']],
    ['qemu+ssh:///system', ['-T', '-e', 'none', '--', 'localhost']],
    ['qemu+ssh://-oProxyCommand=x/system', ['-T', '-e', 'none', '--', '-oProxyCommand=x']],
    ['qemu+ssh://[::1]/system?sshauth=agent&known_hosts=/x', ['-T', '-e', 'none', '--', '::1']],
    [
      'qemu+ssh://fred@host:2222/system?keyfile=/my%20key&no_tty=1&no_verify=1',
      ['-p', '2222', '-l', 'fred', '-i', '/my key', '-T', '-e', 'none']
        .concat(['-o', 'BatchMode=yes', '-o', 'StrictHostKeyChecking=no'])
        .concat(['--', 'host']),
    ],
    ['qemu+ssh://host/system?no_tty=0&no_verify=0', ['-T', '-e', 'none', '--', 'host']],
  ])('of %s are those that libvirt gives', (uri, expected) => {
    expect(args(uri)).toEqual(expected)
  })

  it.each([
    ['qemu+ssh://h/system?no_tty=x', 'invalid argument: Failed to parse value of URI component no_tty'],
    ['qemu+ssh://h/system?no_verify=', 'invalid argument: Failed to parse value of URI component no_verify'],
    ['qemu+ssh://h/system?proxy=foo', "invalid argument: Unknown proxy type 'foo'"],
    ['qemu+ssh://h/system?mode=foo', "invalid argument: Unknown remote mode 'foo'"],
    ['qemu+ssh://h/system?netcat=/x&proxy=native', 'invalid argument: netcat path not valid with native proxy mode'],
    ['qemu+ssh://h/system?mode=direct', 'Operation not supported: Cannot use direct socket mode for ssh transport'],
  ])('are refused for %s', (uri, message) => {
    expect(() => args(uri)).toThrow(message)
  })

  it('never let anything of the URI be taken for an option', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 20 }), fc.string({ maxLength: 20 }), (host, key) => {
        const uri = { ...parseUri('qemu+ssh://h/system'), server: host, params: [['keyfile', key]] as const }
        const all = sshArguments(uri, false)
        expect(all.slice(-3, -1)).toEqual(['--', host])
        expect(all.slice(0, 2)).toEqual(['-i', key])
      }),
    )
  })
})

describe('the command on the other host', () => {
  mkdirSync(join(folder, 'bin'))
  for (const tool of ['sh', 'grep']) symlinkSync(`/bin/${tool}`, join(folder, 'bin', tool))
  program(
    'bin/nc',
    `[ "$1" = -q ] && [ $# = 1 ] && { echo "nc: option requires an argument -- 'q'" >&2; exit 1; }; printf '%s ' nc "$@"`,
  )
  program('bin/plain', `[ "$1" = -q ] && exit 2; printf '%s ' plain "$@"`)
  const there = (uri: string, readOnly = false): string => runThere(proxyCommand(parseUri(uri), readOnly))

  it('falls back to netcat where there is no helper', () => {
    expect(there('qemu+ssh://h/system')).toBe('nc -q0 -U /var/run/libvirt/libvirt-sock ')
    expect(there('qemu+ssh://h/system', true)).toBe('nc -q0 -U /var/run/libvirt/libvirt-sock-ro ')
    expect(there('qemu+ssh://h/system?netcat=plain')).toBe('plain -U /var/run/libvirt/libvirt-sock ')
  })

  it('takes the helper where there is one, and netcat where the URI wants it', () => {
    program('bin/virt-ssh-helper', `printf '%s ' helper "$@"`)
    expect(there('qemu+ssh://h/system?no_tty=1&color=red')).toBe('helper qemu:///system?color=red ')
    expect(there('test+ssh://h/default', true)).toBe('helper -r test:///default ')
    expect(there('test+ssh://h/default?proxy=native&socket=/s')).toBe('helper test:///default ')
    expect(there('test+ssh://h/default?proxy=netcat')).toBe('nc -q0 -U /var/run/libvirt/libvirt-sock ')
    expect(there('test+ssh://h/default?socket=/s')).toBe('nc -q0 -U /s ')
    expect(there('remote+ssh://h/')).toBe('helper  ')
  })

  it('is one word of the shell, whatever is in it', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...`'"\\$\`!*? ;&|<>()#~\nä`, 'a'), minLength: 1, maxLength: 12 }),
        (text) => {
          const socket = `/${text}`
          const uri = { ...parseUri('qemu+ssh://h/system'), params: [['socket', socket]] as const }
          expect(runThere(proxyCommand(uri, false))).toBe(`nc -q0 -U ${socket} `)
          expect(runThere(`printf %s ${shellWord(text)}`)).toBe(text)
        },
      ),
      { numRuns: process.env.VIRT_LONG === '1' ? 1000 : 25 },
    )
  })
})

describe('a command as a way to a daemon', () => {
  const opening = (command: string): Promise<VirtError> =>
    connect(`test+ssh://host/default?command=${command}`, { drivers: [remote()], timeout: 20_000 }).then(
      () => Promise.reject(new Error('it opened')),
      (error: unknown) => (isVirtError(error) ? error : Promise.reject(error)),
    )

  it('hands on what ssh says when it fails', async () => {
    const error = await opening(
      program('refuses', 'echo "ssh: connect to host host port 22: Connection refused" >&2; exit 255'),
    )
    expect(error).toMatchObject({
      number: 38,
      domain: 7,
      message: 'Cannot recv data: ssh: connect to host host port 22: Connection refused: Connection reset by peer',
    })
  })

  it('tells that there is no such program', async () => {
    const error = await opening('/nonexistent/ssh')
    expect(error.message).toBe(
      'Cannot recv data: cannot execute binary /nonexistent/ssh: No such file or directory: Connection reset by peer',
    )
  })

  it('ends the program when nobody waits for it any more', async () => {
    const pid = join(folder, 'pid')
    const command = program('hangs', `echo $$ > ${pid}; exec sleep 600`)
    const stop = new AbortController()
    const conn = connect(`test+ssh://host/default?command=${command}`, { drivers: [remote()], signal: stop.signal })
    await expect.poll(() => spawnSync('cat', [pid], { encoding: 'utf8' }).stdout).toMatch(/^\d+\n$/)
    stop.abort()
    await expect(conn).rejects.toMatchObject({ code: 'aborted' })
    const id = spawnSync('cat', [pid], { encoding: 'utf8' }).stdout.trim()
    await expect.poll(() => spawnSync('kill', ['-0', id]).status).not.toBe(0)
  })
})
