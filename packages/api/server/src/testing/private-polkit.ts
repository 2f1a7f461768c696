// SPDX-License-Identifier: LGPL-2.1-or-later
// A bus and a polkitd that share nothing with the system's: Debian's programs, in a mount namespace of their own.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const busDaemon = '/usr/bin/dbus-daemon'
const polkitd = ['/usr/lib/polkit-1/polkitd', '/usr/libexec/polkitd'].find((file) => existsSync(file))

/** Why there can be no private bus here, or undefined. */
export const noBus: string | undefined = existsSync(busDaemon) ? undefined : 'needs the package dbus-daemon'
/** Why there can be no private polkitd here, or undefined. */
export const noPolkit: string | undefined =
  noBus ??
  (polkitd === undefined
    ? 'needs the package polkitd'
    : process.getuid?.() !== 0
      ? 'needs root'
      : spawnSync('unshare', ['-m', 'true']).status === 0
        ? undefined
        : 'needs mount namespaces')

const busConfig = (socket: string): string => `<busconfig>
  <type>system</type><listen>unix:path=${socket}</listen><auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/><allow own="*"/><allow send_type="method_call"/><allow send_destination="*"/><allow receive_sender="*"/>
  </policy>
</busconfig>`

/** A message bus of its own. */
export class PrivateBus {
  readonly folder: string
  readonly address: string
  #child: ChildProcess

  private constructor(folder: string, address: string, child: ChildProcess) {
    this.folder = folder
    this.address = address
    this.#child = child
  }

  static async start(): Promise<PrivateBus> {
    // Also for those who run as somebody else.
    const folder = mkdtempSync(join(tmpdir(), 'private-bus-'))
    chmodSync(folder, 0o755)
    const socket = join(folder, 'bus')
    writeFileSync(join(folder, 'bus.conf'), busConfig(socket))
    return new PrivateBus(folder, `unix:path=${socket}`, await startBus(folder))
  }

  /** Ends it, with all connections, and starts another one in its place. */
  async restart(): Promise<void> {
    await ended(this.#child)
    this.#child = await startBus(this.folder)
  }

  async stop(): Promise<void> {
    await ended(this.#child)
    rmSync(this.folder, { recursive: true, force: true })
  }
}

async function startBus(folder: string): Promise<ChildProcess> {
  const args = [`--config-file=${join(folder, 'bus.conf')}`, '--nofork', '--print-address']
  const child = spawn(busDaemon, args, { stdio: ['ignore', 'pipe', 'ignore'] })
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', () => reject(new Error('dbus-daemon ended')))
    child.stdout?.once('data', () => resolve())
  })
  return child
}

/** A real polkitd on a private bus, with rules and actions of its own. */
export class PrivatePolkit {
  readonly #child: ChildProcess
  readonly #rules: string

  private constructor(child: ChildProcess, rules: string) {
    this.#child = child
    this.#rules = rules
  }

  /** @param policies action files, by name */
  static async start(
    bus: PrivateBus,
    rules: string,
    policies: Readonly<Record<string, string>>,
  ): Promise<PrivatePolkit> {
    const folders = {
      rules: join(bus.folder, 'rules'),
      actions: join(bus.folder, 'actions'),
      none: join(bus.folder, 'none'),
    }
    for (const folder of Object.values(folders)) mkdirSync(folder, { recursive: true })
    for (const [file, text] of Object.entries(policies)) writeFileSync(join(folders.actions, file), text)
    writeFileSync(join(folders.rules, '10-test.rules'), rules)
    const script = [
      'set -e',
      'mkdir -p /etc/polkit-1/rules.d /usr/share/polkit-1/rules.d /usr/share/polkit-1/actions',
      `mount --bind '${folders.rules}' /etc/polkit-1/rules.d`,
      `mount --bind '${folders.none}' /usr/share/polkit-1/rules.d`,
      `mount --bind '${folders.actions}' /usr/share/polkit-1/actions`,
      `exec '${polkitd}'`,
    ].join('\n')
    const child = spawn('unshare', ['-m', 'sh', '-c', script], {
      env: { ...process.env, DBUS_SYSTEM_BUS_ADDRESS: bus.address },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    await new Promise<void>((resolve, reject) => {
      let said = ''
      const listen = (chunk: Buffer): void => {
        said += chunk
        if (said.includes('Acquired the name')) resolve()
      }
      child.stdout?.on('data', listen)
      child.stderr?.on('data', listen)
      child.once('exit', () => reject(new Error(`polkitd ended: ${said}`)))
    })
    return new PrivatePolkit(child, folders.rules)
  }

  /** Other rules from now on; polkitd tells of them by itself. */
  replaceRules(rules: string): void {
    writeFileSync(join(this.#rules, '10-test.rules'), rules)
  }

  async stop(): Promise<void> {
    await ended(this.#child)
  }
}

/** When a process started, in clock ticks since boot. */
export function startTimeOf(pid: number): bigint {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  return BigInt(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] as string)
}

/** A process of nobody's, for polkit to look at: root is asked nothing. */
export class Stranger {
  readonly uid = 65_534
  readonly #child: ChildProcess

  constructor() {
    this.#child = spawn('sleep', ['600'], { uid: this.uid, gid: this.uid, stdio: 'ignore' })
  }

  get pid(): number {
    return this.#child.pid as number
  }

  async stop(): Promise<void> {
    await ended(this.#child)
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const end = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await end
}
