// SPDX-License-Identifier: LGPL-2.1-or-later
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readlinkSync,
  readSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Process, SpawnOptions } from '@virt/native'
import { afterAll, expect, it } from 'vitest'
import { rawSpawn } from '../src/spawn.js'
import { describeKernel, describeRoot, native } from './kernel.js'

const folder = mkdtempSync(join(tmpdir(), 'native-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Runs a shell script to its end: what it said, and how it ended. */
async function run(script: string, options: Partial<SpawnOptions> = {}) {
  const [here, there] = native.sockets.pair()
  const fds = options.fds ?? [undefined, there.fd, there.fd]
  using child = await native.processes.spawn({ file: '/bin/sh', args: ['-c', script], ...options, fds })
  there.close()
  let said = ''
  for (;;) {
    const message = await here.receive()
    if (message === undefined) break
    said += Buffer.from(message.bytes).toString()
  }
  here.close()
  return { said: said.trimEnd(), end: await child.wait(), pid: child.pid }
}

const failure = (options: SpawnOptions): Promise<unknown> =>
  native.processes.spawn(options).then(
    (child: Process) => child.wait(),
    (error: unknown) => error,
  )

describeKernel('programs', () => {
  it('run with the arguments, environment and folder they are given, and nothing else of ours', async () => {
    const got = await run('echo "$0 $1"; env -u PWD -u SHLVL -u _ /usr/bin/env; pwd; umask', {
      name: 'other',
      args: ['-c', 'echo "$0 $1"; unset PWD OLDPWD SHLVL _; /usr/bin/env; pwd; umask', 'zero', 'one two'],
      env: { KEY: 'a=b c' },
      cwd: folder,
      umask: 0o27,
    })
    expect(got.said.split('\n')).toEqual(['zero one two', 'KEY=a=b c', folder, '0027'])
    expect(got.end).toEqual({ code: 0 })
  })

  it('tell how they ended, to every wait', async () => {
    expect((await run('exit 7')).end).toEqual({ code: 7 })
    expect((await run('kill -9 $$')).end).toEqual({ signal: 'SIGKILL' })
    using child = await native.processes.spawn({ file: '/bin/sleep', args: ['1000'] })
    const waits = [child.wait(), child.wait()]
    child.kill('SIGTERM')
    expect(await Promise.all(waits)).toEqual([{ signal: 'SIGTERM' }, { signal: 'SIGTERM' }])
    expect(existsSync(`/proc/${child.pid}`)).toBe(false)
  })

  it('have the descriptors they are given under the numbers they are given, and no others', async () => {
    const [here, there] = native.sockets.pair()
    const leaked = openSync('/dev/zero', 'r')
    const fds = [undefined, undefined, undefined, undefined, leaked, there.fd]
    const child = await native.processes.spawn({ file: '/bin/sh', args: ['-c', 'ls -l /proc/self/fd >&5'], fds })
    there.close()
    closeSync(leaked)
    await child.wait()
    const listed = Buffer.from((await here.receive())?.bytes ?? []).toString()
    const seen = [...listed.matchAll(/ (\d+) -> (.*)/g)].map(([, fd, to]) => [Number(fd), to])
    here.close()
    // Number 3 is what ls itself opens.
    expect(seen.map(([fd]) => fd)).toEqual([0, 1, 2, 3, 4, 5])
    expect(seen[0]?.[1]).toBe('/dev/null')
    expect(seen[3]?.[1]).toMatch(/^\/proc\//)
    expect(seen[4]?.[1]).toBe('/dev/zero')
    expect(seen[5]?.[1]).toMatch(/^socket:/)
  })

  it('get descriptors whose numbers cross over', async () => {
    const [one, other] = native.sockets.pair()
    const files = ['a', 'b'].map((name) => {
      const path = join(folder, name)
      writeFileSync(path, name)
      return openSync(path, 'r')
    })
    const [a, b] = files as [number, number]
    const fds = Array<number | undefined>(Math.max(a, b) + 1).fill(undefined)
    Object.assign(fds, { 1: other.fd, [a]: b, [b]: a })
    using child = await native.processes.spawn({
      file: '/bin/sh',
      args: ['-c', `cat /proc/self/fd/${a} /proc/self/fd/${b}`],
      fds,
    })
    await child.wait()
    files.forEach(closeSync)
    other.close()
    let said = ''
    for (let message = await one.receive(); message !== undefined; message = await one.receive())
      said += Buffer.from(message.bytes).toString()
    one.close()
    expect(said).toBe('ba')
  })

  it('have no signal ignored or blocked, and a session of their own', async () => {
    const { said, pid } = await run('grep -E "^Sig(Blk|Ign):" /proc/self/status; cut -d" " -f6 /proc/$$/stat')
    const [blocked, ignored, session] = said.split('\n').map((line) => line.split('\t').at(-1))
    expect([blocked, ignored]).toEqual(['0', '0'].map((zero) => zero.repeat(16)))
    expect(Number(session)).toBe(pid)
  })

  it('have the limits they are given', async () => {
    const limits = { nofile: { soft: 50, hard: 60 }, core: 0, memlock: 65536n } as const
    const { said } = await run('ulimit -Sn; ulimit -Hn; ulimit -c; ulimit -l', { limits })
    expect(said.split('\n')).toEqual(['50', '60', '0', '64'])
  })

  it('have a terminal of their own', async () => {
    using terminal = native.terminals.open({ rows: 33, columns: 99 })
    using peer = terminal.openPeer()
    using child = await native.processes.spawn({
      file: '/bin/sh',
      args: ['-c', 'stty size </dev/tty >/dev/tty'],
      env: { PATH: '/usr/bin:/bin' },
      fds: [peer.fd, peer.fd, peer.fd],
      terminal: 0,
    })
    expect(await child.wait()).toEqual({ code: 0 })
    const text = Buffer.alloc(20)
    expect(text.toString('utf8', 0, readSync(terminal.fd, text))).toBe('33 99\r\n')
  })

  it('are many at a time', async () => {
    const all = await Promise.all(Array.from({ length: 50 }, (_, i) => run(`echo ${i}; exit ${i}`)))
    expect(all.map(({ said, end }) => [said, end.code])).toEqual(all.map((_, i) => [`${i}`, i]))
  })

  it('say what kept them from running, and leave nothing behind', async () => {
    expect(await failure({ file: '/no/such/program' })).toMatchObject({
      code: 'ENOENT',
      syscall: 'execve',
      path: '/no/such/program',
    })
    expect(await failure({ file: '/etc/passwd' })).toMatchObject({ code: 'EACCES', syscall: 'execve' })
    expect(await failure({ file: '/bin/true', cwd: '/no/folder' })).toMatchObject({ code: 'ENOENT', syscall: 'chdir' })
    expect(await failure({ file: '/bin/true', fds: [999_999] })).toMatchObject({ code: 'EBADF' })
    expect(await failure({ file: '/bin/true', cgroups: ['/no/group'] })).toMatchObject({
      code: 'ENOENT',
      path: '/no/group/cgroup.procs',
    })
    const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(/\s+/)
    const zombies = children.filter(
      (pid) => pid !== '' && /^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')),
    )
    expect(zombies).toEqual([])
  })

  it('are refused before they start when their options cannot be', async () => {
    const refused: Partial<SpawnOptions>[] = [
      { file: 'sh' },
      { args: ['a\0b'] },
      { env: { 'a=b': '' } },
      { uid: -2 },
      { terminal: 3 },
      { fds: [-1] },
      { limits: { nofile: -1 } },
      { capabilities: ['fly' as 'kill'] },
      { newNamespaces: ['space' as 'net'] },
    ]
    for (const options of refused)
      await expect(native.processes.spawn({ file: '/bin/true', ...options })).rejects.toThrow(/./)
  })
})

describeKernel('programs whose starter is killed', () => {
  const addon = join(import.meta.dirname, `../prebuilds/linux-${process.arch}/@virt+native.glibc.node`)

  /** A program started by another process, which is killed. */
  async function orphan(options: Partial<SpawnOptions>): Promise<Process> {
    const program = rawSpawn({ file: '/bin/sleep', args: ['1000'], ...options })
    const script = `
      const module = { exports: {} }
      process.dlopen(module, ${JSON.stringify(addon)})
      module.exports.spawn(${JSON.stringify(program)}).then(({ pid }) => console.log(pid))
      setInterval(() => {}, 1000)`
    const starter = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [pid] = (await once(starter.stdout, 'data')) as [Buffer]
    const started = native.processes.open(Number(pid))
    starter.kill('SIGKILL')
    await once(starter, 'exit')
    return started
  }

  it('outlive it', async () => {
    using child = await orphan({})
    expect(child.ended).toBe(false)
    child.kill('SIGKILL')
    await child.wait()
  })

  it.each<Partial<SpawnOptions>>([{}, { session: false }])('die with it where that is asked for, %j', async (more) => {
    using child = await orphan({ dieWithParent: true, ...more })
    await child.wait({ signal: AbortSignal.timeout(5000) })
    expect(child.ended).toBe(true)
  })
})

describeRoot('programs of root', () => {
  it('become another user, without the groups of root', async () => {
    const { said } = await run('id -u; id -g; id -G', { uid: 65534, gid: 65533 })
    expect(said.split('\n')).toEqual(['65534', '65533', '65533'])
    expect((await run('id -G', { uid: 1, gid: 1, groups: [7, 8] })).said).toBe('1 7 8')
  })

  it('keep the capabilities they are given and no others, as root and as another user', async () => {
    const script = 'grep -E "^(CapPrm|CapEff|CapBnd):" /proc/self/status | cut -f2; grep NoNewPrivs /proc/self/status'
    const only = { capabilities: ['net_admin', 'ipc_lock'], noNewPrivileges: true } as const
    const mask = ((1n << 12n) | (1n << 14n)).toString(16).padStart(16, '0')
    const wanted = [mask, mask, mask, 'NoNewPrivs:\t1']
    expect((await run(script, only)).said.split('\n')).toEqual(wanted)
    expect((await run(script, { ...only, uid: 65534, gid: 65534 })).said.split('\n')).toEqual(wanted)
    const none = '0'.repeat(16)
    expect((await run(script, { capabilities: [] })).said.split('\n').slice(0, 3)).toEqual([none, none, none])
  })

  it('have new namespaces, or those of somebody else', async () => {
    const script = 'readlink /proc/self/ns/net /proc/self/ns/uts /proc/self/ns/ipc; hostname inside; sleep 1000'
    const [here, there] = native.sockets.pair()
    using first = await native.processes.spawn({
      file: '/bin/sh',
      args: ['-c', script],
      fds: [undefined, there.fd],
      newNamespaces: ['net', 'uts'],
    })
    there.close()
    const [net, uts, ipc] = Buffer.from((await here.receive())?.bytes ?? [])
      .toString()
      .split('\n')
    here.close()
    expect(ipc).toBe(readlinkSync('/proc/self/ns/ipc'))
    expect(net).not.toBe(readlinkSync('/proc/self/ns/net'))
    expect(uts).not.toBe(readlinkSync('/proc/self/ns/uts'))
    const files = ['net', 'uts'].map((kind) => openSync(`/proc/${first.pid}/ns/${kind}`, 'r'))
    const second = await run('readlink /proc/self/ns/net /proc/self/ns/uts', { namespaces: files })
    files.forEach(closeSync)
    expect(second.said.split('\n')).toEqual([net, uts])
    first.kill('SIGKILL')
    await first.wait()
  })

  it('are in their control group from the beginning', async (context) => {
    const mounts = readFileSync('/proc/mounts', 'utf8')
    const base = /^\S+ (\S+) cgroup2 /m.exec(mounts)?.[1]
    if (base === undefined) return context.skip('no cgroup2 is mounted')
    const group = join(base, `virt-native-test-${process.pid}`)
    try {
      mkdirSync(group)
    } catch {
      return context.skip('no control group can be made')
    }
    const { said } = await run('cat /proc/self/cgroup', { cgroups: [group] })
    rmdirSync(group)
    expect(said).toContain(`0::/virt-native-test-${process.pid}`)
  })
})
