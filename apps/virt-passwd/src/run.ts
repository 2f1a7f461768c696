// SPDX-License-Identifier: GPL-2.0-or-later
// What the command does, with the terminal left to its caller.
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { dirsBelow } from '@virt/core'
import { UserFile } from '@virt/sasl'

export const usage = `usage: virt-passwd [-p] [-c | -d] [-f FILE | --root DIR] [-u REALM] USER[@REALM]
       virt-passwd --list [-f FILE | --root DIR]

  -c, --create     make the user, and the file, where there is none
  -d, --disable    remove the user
  -p, --pipe       read the password from standard input instead of asking for it
  -f, --file FILE  the users; else etc/libvirt/passwd.virt of the daemon
  --root DIR       the daemon's folder, as virtd takes it
  -u, --realm NAME the realm; else the name of this host
  --list           tell who is there
  -a NAME, -n      taken as saslpasswd2 takes them, without effect
`

/** The world outside. */
export interface Outside {
  readonly env: NodeJS.ProcessEnv
  readonly uid: number
  readonly host: string
  write(text: string): void
  /** All of standard input. */
  readInput(): Promise<string>
  /** Asks on the terminal without showing what is typed. */
  ask(prompt: string): Promise<string>
}

/** @throws Error with what to tell the user */
export async function run(args: string[], outside: Outside): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      create: { type: 'boolean', short: 'c', default: false },
      disable: { type: 'boolean', short: 'd', default: false },
      pipe: { type: 'boolean', short: 'p', default: false },
      file: { type: 'string', short: 'f' },
      root: { type: 'string' },
      realm: { type: 'string', short: 'u' },
      list: { type: 'boolean', default: false },
      appname: { type: 'string', short: 'a' },
      'no-plaintext': { type: 'boolean', short: 'n' },
      version: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) return outside.write(usage)
  if (values.version) return outside.write('virt-passwd 0.1.0\n')
  const file = new UserFile(values.file ?? join(configOf(values.root, outside), 'passwd.virt'))
  if (values.list) {
    if (positionals.length > 0) throw new Error('--list takes no name')
    for (const { user, realm } of await file.list()) outside.write(`${user}@${realm}\n`)
    return
  }
  if (positionals.length !== 1) throw new Error(`one name is needed\n${usage}`)
  if (values.create && values.disable) throw new Error('-c and -d exclude each other')
  const [user, realm] = namesOf(positionals[0] as string, values.realm, outside.host)
  if (values.disable) {
    if (!(await file.delete(user, realm))) throw new Error(`${file.path}: there is no user ${user}@${realm}`)
    return
  }
  if (!values.create && (await file.find(user, realm)) === undefined)
    throw new Error(`${file.path}: there is no user ${user}@${realm}; -c makes one`)
  await file.set(user, realm, await passwordOf(values.pipe, outside), values.create)
}

/** A realm in the name counts unless one is given. */
function namesOf(name: string, realm: string | undefined, host: string): [string, string] {
  const at = name.lastIndexOf('@')
  if (realm !== undefined || at < 0) return [name, realm ?? host]
  return [name.slice(0, at), name.slice(at + 1)]
}

async function passwordOf(pipe: boolean, outside: Outside): Promise<string> {
  // Scripts end it with a newline, which is no part of it.
  if (pipe) return (await outside.readInput()).replace(/\r?\n$/, '')
  const password = await outside.ask('Password: ')
  if ((await outside.ask('Again (for verification): ')) !== password) throw new Error('the passwords differ')
  return password
}

/** Where the daemon keeps its settings. */
function configOf(root: string | undefined, { env, uid }: Outside): string {
  if (root !== undefined) return dirsBelow(resolve(root)).config
  if (uid === 0) return dirsBelow('/var/lib/virtd').config
  return dirsBelow(join(env.XDG_STATE_HOME ?? join(env.HOME ?? '/', '.local/state'), 'virtd')).config
}
