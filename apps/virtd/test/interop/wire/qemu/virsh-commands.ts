// SPDX-License-Identifier: GPL-2.0-or-later
// Commands of virsh with each of their options, as virsh itself tells of them.
import type { placeAt } from '../../place.mjs'

type Place = ReturnType<typeof placeAt>

interface Option {
  readonly name: string
  /** What its value is called; nothing for a word alone. */
  readonly value?: string
  readonly required: boolean
}

/** A command with its words. */
export interface Line {
  readonly command: string
  readonly words: string
}

/** Groups of commands that are about guests and the host. */
const groups = ['domain', 'monitor', 'host']

/**
 * Commands that wait for somebody or for something that does not come, that need another host, that change the machine, and those of
 * what the driver does not do yet.
 */
const leftOut =
  /^(console|edit|event|await|migrate.*|.*-edit|screenshot|attach-.*|detach-.*|update-device|change-media|block(job|commit|copy|pull|resize)|nodesuspend|allocpages|node-memory-tune|create|qemu-attach|.*-event|domdisplay-reload|hypervisor-cpu-.*|cpu-.*|domxml-.*|restore|save-image-.*|send-process-signal|set-user-sshkeys|domthrottlegroup.*|domsetthrottlegroup|domdelthrottlegroup|qemu-agent-command|backup-.*|domstats|version|sysinfo|guest-agent-timeout|define|domrename|undefine|dom-fd-associate|nodecpustats|nodememstats|freecell|freepages|vncdisplay|domid|cpu-stats|domcapabilities|capabilities|nodeinfo|dompmwakeup)$/

/** Options that make a command wait, or that need a terminal. */
const options = /^(edit|console|wait|verbose|poll|timeout|pass-fds|xml|file|all-stats|interval|loop)$/

/** Values of options by their names; the guest is put in for `GUEST`. */
const values: Readonly<Record<string, string>> = {
  domain: 'GUEST',
  target: 'rich-target',
  device: 'vda',
  path: 'vda',
  dev: 'vda',
  interface: '52:54:00:00:00:02',
  disk: 'vda',
  vcpu: '1',
  vcpulist: '1',
  cpulist: '0',
  iothread: '1',
  id: '1',
  count: '2',
  size: '65536',
  memory: '65536',
  file: '/srv/image',
  xmlfile: '/srv/image',
  state: 'off',
  type: 'poweroff',
  action: 'destroy',
  mode: 'mem',
  cmd: 'query-status',
  nodeset: '0',
  keycode: 'KEY_A',
  holdtime: '1',
  codeset: 'linux',
  uri: 'http://a',
  key: 'k',
  set: '<x/>',
  threshold: '65536',
  period: '5',
  user: 'root',
  password: 'x',
  seconds: '1',
  mountpoint: '/',
  minimum: '1',
  new_desc: 'text',
  format: 'elf',
  source: 'agent',
  rate: '1',
  duration: '0',
  bandwidth: '5',
  downtime: '5',
  name: 'none',
  hard_limit: '3000000',
  'hard-limit': '3000000',
  'soft-limit': '1000000',
  'swap-hard-limit': '4000000',
  'min-guarantee': '1000',
  weight: '500',
  'group-name': 'g',
  group_name: 'g',
  enable: 'cmt',
  disable: 'cmt',
  inbound: '100',
  outbound: '100',
  'device-weights': '/dev/null,300',
  title: 'x',
  arch: 'x86_64',
  model: 'qemu64',
}

/** What virsh says of a command. */
async function optionsOf(place: Place, command: string): Promise<Option[]> {
  const { stdout } = await place.run('virsh', ['help', command])
  const synopsis = /SYNOPSIS\n(.*)/.exec(stdout)?.[1] ?? ''
  const needed = new Set([...synopsis.replace(/\[[^\]]*\]/g, '').matchAll(/<([\w-]+)>/g)].map(([, name]) => name))
  const rows = stdout.slice(Math.max(0, stdout.indexOf('OPTIONS'))).matchAll(/^ {4}\[?--([\w-]+)\]?(?: <(\w+)>)?/gm)
  return [...rows].map(([, name = '', value]) => ({
    name,
    ...(value === undefined ? {} : { value }),
    required: needed.has(name),
  }))
}

const usualValue = ({ name, value }: Option): string => values[name] ?? (value === 'number' ? '1' : 'x')

/** Lines of each command: with what it needs, then with each option beside it. */
export async function* linesOf(place: Place, narrowed: RegExp): AsyncGenerator<Line> {
  for (const group of groups) {
    const { stdout } = await place.run('virsh', ['help', group])
    for (const [, command = ''] of stdout.matchAll(/^ {4}([\w-]+) /gm)) {
      if (leftOut.test(command) || !narrowed.test(command)) continue
      const all = await optionsOf(place, command)
      const needed = all.filter(({ required }) => required)
      const base = [command, ...needed.map((one) => `--${one.name} ${quoted(usualValue(one))}`)].join(' ')
      yield { command, words: base }
      for (const one of all)
        if (!one.required && !options.test(one.name))
          yield {
            command,
            words: `${base} --${one.name}${one.value === undefined ? '' : ` ${quoted(usualValue(one))}`}`,
          }
      for (const [a, b] of pairs)
        if ([a, b].every((name) => all.some((one) => one.name === name)))
          yield { command, words: `${base} --${a} --${b}` }
    }
  }
}

/** Words that are about the same. */
const pairs: readonly (readonly [string, string])[] = [
  ['config', 'live'],
  ['config', 'current'],
  ['live', 'current'],
  ['config', 'maximum'],
]

const quoted = (value: string): string => (/^[\w./:,-]+$/.test(value) ? value : `'${value}'`)
