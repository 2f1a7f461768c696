// SPDX-License-Identifier: GPL-2.0-or-later
// snmpd and snmptrapd with a folder and ports of their own, the agent beside them, and net-snmp's commands.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const agentProgram = join(import.meta.dirname, '../../dist/main.js')
const daemonProgram = join(import.meta.dirname, '../../../virtd/dist/main.cjs')

/** A folder that goes when the test does, and the processes in it. */
export class Stage implements AsyncDisposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'virt-snmp-'))
  readonly #children = new Set<ChildProcess>()

  constructor() {
    // Guests have their disks there, and run as a user of their own.
    chmodSync(this.folder, 0o755)
  }

  path(name: string): string {
    return join(this.folder, name)
  }

  write(name: string, text: string): string {
    writeFileSync(this.path(name), text)
    return this.path(name)
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8')
  }

  /** Starts a program; what it says goes to `NAME.out`. */
  start(name: string, command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
    const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk) => {
        said = (said + chunk).slice(-65_536)
        writeFileSync(this.path(`${name}.out`), said)
      })
    this.#children.add(child)
    child.on('exit', () => this.#children.delete(child))
    return child
  }

  /** Ends a program and waits for its end. */
  async end(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill(signal)
    const late = setTimeout(() => child.kill('SIGKILL'), 5000)
    await ended
    clearTimeout(late)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#children].map((child) => this.end(child)))
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** A UDP port of this host that is free now. */
export function freeUdpPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4')
    socket.once('error', reject)
    socket.bind(0, '127.0.0.1', () => {
      const { port } = socket.address()
      socket.close(() => resolve(port))
    })
  })
}

/** A TCP port of this host that is free now. */
export function freeTcpPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}

/** Resolves when the condition holds; asked again and again until the deadline. @throws Error then */
export async function until(what: string, holds: () => unknown, deadline = 15_000): Promise<void> {
  const end = Date.now() + deadline
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`not within ${deadline} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** Runs a program to its end. @returns what it said and how it ended */
export function run(
  command: string,
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv; timeout?: number } = {},
): Promise<{ stdout: string; stderr: string; code: number }> {
  const { env = {}, timeout = 60_000 } = options
  return new Promise((resolve) => {
    execFile(command, args, { env: { ...process.env, ...env }, timeout, maxBuffer: 1 << 28 }, (error, stdout, stderr) =>
      resolve({ stdout, stderr, code: error === null ? 0 : Number(error.code ?? 1) }),
    )
  })
}

/** snmpd as a master, and snmptrapd. */
export class Master {
  readonly stage: Stage
  readonly port: number
  readonly trapPort: number
  readonly tcpPort: number
  snmpd: ChildProcess | undefined
  readonly #env: NodeJS.ProcessEnv

  private constructor(stage: Stage, port: number, trapPort: number, tcpPort: number) {
    this.stage = stage
    this.port = port
    this.trapPort = trapPort
    this.tcpPort = tcpPort
    this.#env = { SNMP_PERSISTENT_DIR: stage.path('persist'), SNMPCONFPATH: stage.path('conf') }
  }

  static async start(stage: Stage): Promise<Master> {
    const master = new Master(stage, await freeUdpPort(), await freeUdpPort(), await freeTcpPort())
    mkdirSync(stage.path('persist'))
    mkdirSync(stage.path('conf'))
    stage.write(
      'snmpd.conf',
      `rwcommunity public 127.0.0.1
master agentx
agentXSocket unix:${stage.path('agentx')},tcp:127.0.0.1:${master.tcpPort}
agentXPerms 0770 0770
agentXTimeout 5
agentXRetries 1
trap2sink 127.0.0.1:${master.trapPort} public
createUser tester SHA-256 "authpassphrase" AES "privpassphrase"
rwuser tester priv
`,
    )
    stage.write('snmptrapd.conf', 'authCommunity log public\ndoNotRetainNotificationLogs yes\n')
    stage.start(
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
        `udp:127.0.0.1:${master.trapPort}`,
      ],
      master.#env,
    )
    await master.startSnmpd()
    return master
  }

  /** Where the agent finds it. */
  get agentx(): string {
    return `unix:${this.stage.path('agentx')}`
  }

  async startSnmpd(): Promise<void> {
    const { stage } = this
    this.snmpd = stage.start(
      'snmpd',
      'snmpd',
      [
        '-f',
        '-Lf',
        stage.path('snmpd.log'),
        '-C',
        '-c',
        stage.path('snmpd.conf'),
        '-p',
        stage.path('snmpd.pid'),
        '-I',
        '-smux',
        `udp:127.0.0.1:${this.port}`,
      ],
      this.#env,
    )
    await until('snmpd answers', async () => (await this.snmp('snmpget', ['1.3.6.1.2.1.1.1.0'])).code === 0)
  }

  /** Runs one of net-snmp's commands against the master. */
  snmp(
    command: string,
    args: readonly string[],
    options: readonly string[] = [],
  ): Promise<{ stdout: string; stderr: string; code: number }> {
    const common = ['-m', '', '-v2c', '-c', 'public', '-t', '5', '-r', '0', '-On', ...options, `127.0.0.1:${this.port}`]
    return run(command, [...common, ...args], { env: this.#env })
  }
}

/** Starts virtd in the stage's folder: again and again at the same place. @returns it, and where it listens */
export async function startDaemon(stage: Stage): Promise<{ child: ChildProcess; socket: string }> {
  const root = stage.path('virtd')
  const child = stage.start('virtd', process.execPath, [daemonProgram, '--root', root])
  const socket = join(root, 'run/libvirt/libvirt-sock')
  const uri = `test+unix:///default?socket=${socket}`
  await until('virtd answers', async () => (await run('virsh', ['-c', uri, 'list'])).code === 0)
  return { child, socket }
}

/** Starts the agent. */
export function startAgent(stage: Stage, args: readonly string[], name = 'agent'): ChildProcess {
  return stage.start(name, process.execPath, [agentProgram, '--verbose', ...args])
}
