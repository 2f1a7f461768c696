// SPDX-License-Identifier: GPL-2.0-or-later
// The monitor and the guest agent of QEMU guests.
import { formatJson, parseJson, systemClock } from '@virt/core'
import {
  Agent,
  agentCommands,
  cpuTable,
  guestInterfaces,
  jobsOf,
  leavesOf,
  Monitor,
  pipe,
  QapiSchema,
  Recording,
} from '@virt/qemu/testing'

export const names = ['qemumonitorjson', 'qemuagent']

const place = { socket: 'socket', die: 'die', cluster: 'cluster_id', core: 'core', thread: 'thread', node: 'node' }

function printCpu(cpu, id) {
  const line = (name, value) => (value === undefined ? [] : [`    ${name}='${value}'`])
  const yes = (value) => (value ? 'yes' : 'no')
  const topology =
    cpu.vcpus === 0
      ? []
      : [
          `    topology:${Object.entries(place)
            .filter(([key]) => cpu.place?.[key] !== undefined)
            .map(([key, name]) => ` ${name}='${cpu.place[key]}'`)
            .join('')} vcpus='${cpu.vcpus}'`,
        ]
  return [
    `[vcpu libvirt-id='${id}']`,
    `    online=${yes(cpu.online)}`,
    `    hotpluggable=${yes(cpu.hotpluggable)}`,
    ...line('thread-id', cpu.threadId),
    ...line('enable-id', cpu.enableOrder),
    ...line('query-cpus-id', cpu.qemuId),
    ...line('type', cpu.type),
    ...line('alias', cpu.alias),
    ...line('qom_path', cpu.qomPath),
    ...topology,
    ...(cpu.halted ? ['    halted'] : []),
  ]
}

const hex = (number) => `0x${number.toString(16).padStart(8, '0')}`

function printLeaves(leaves) {
  const rows = leaves.map(
    (l) =>
      `  <cpuid eax_in='${hex(l.eaxIn)}' ecx_in='${hex(l.ecxIn)}' eax='${hex(l.eax)}' ebx='${hex(l.ebx)}' ecx='${hex(l.ecx)}' edx='${hex(l.edx)}'/>`,
  )
  return ["<cpudata arch='x86'>", ...rows, '</cpudata>', ''].join('\n')
}

const jobFields = { id: 'id', type: 'type', status: 'status', current: 'progress' }
const printJob = (job) =>
  Object.entries(jobFields)
    .map(([key, name]) => `${name}='${job[key]}'`)
    .join(' ')

const schemas = new Map()
function schemaOf(files, path) {
  if (!schemas.has(path))
    schemas.set(path, new QapiSchema(new Recording(files.text(path)).replies('query-qmp-schema')[0]))
  return schemas.get(path)
}

const returned = (files, path) => parseJson(files.text(path)).return

const operations = {
  async simpleCommand(c, { check }) {
    await check.is('command', async () => {
      const { near, far } = pipe()
      let sent
      far.onLine = (line) => {
        const { id, ...rest } = JSON.parse(line)
        sent = JSON.stringify(rest)
        far.write(`{"return": {}, "id": "${id}"}\n`)
      }
      const monitor = Monitor.bare(near, { clock: systemClock })
      await monitor.command(c.command)
      return sent === JSON.stringify({ execute: c.command }) ? undefined : `sent ${sent}`
    })
  },
  cpuData: (c, { check, files }) =>
    check.role('data', 'expected', () => printLeaves(leavesOf(returned(files, c.replies)))),
  cpuInfo: (c, { check, files }) =>
    check.role('table', 'expected', () => {
      const pluggable = c.hotplug === undefined ? undefined : returned(files, c.hotplug)
      return cpuTable(returned(files, c.cpus), pluggable, c.maxVcpus).flatMap(printCpu).join('\n')
    }),
  queryJobs: (c, { check, files }) =>
    check.role('jobs', 'expected', () => jobsOf(returned(files, c.replies)).map(printJob).join('\n')),
  async schemaQuery(c, { check, files }) {
    let answer
    await check.is('found', () => {
      answer = schemaOf(files, c.capsReplies).query(c.query)
      const value = answer === 'malformed' ? -1 : Number(answer.found)
      return value === c.expectedValue ? undefined : `got ${value}`
    })
    await check.is('entry', () =>
      (answer.entry !== undefined) === c.returnsEntry ? undefined : `entry: ${JSON.stringify(answer.entry)}`,
    )
  },
  schemaValidate: (c, { check, files }) =>
    check.is('valid', () => {
      const schema = schemaOf(files, c.capsReplies)
      const why = schema.invalid(parseJson(c.json), schema.find(c.query))
      return (why === undefined) === c.expectedValue ? undefined : `got ${why ?? 'valid'}`
    }),
}

/** An agent that answers what was written down, in order. */
function scriptedAgent(exchange) {
  const { near, far } = pipe()
  const rest = [...exchange]
  const agent = new Agent(near, { clock: systemClock })
  let event
  far.onLine = (line) => {
    const command = JSON.parse(line)
    if (command.execute === 'guest-sync-delimited' || command.execute === 'guest-sync')
      return far.write(`{"return": ${command.arguments.id}}\n`)
    const next = rest.shift()
    const fits =
      next?.verbatim === undefined
        ? next?.command === command.execute
        : formatJson(parseJson(next.verbatim)) === formatJson(parseJson(line))
    if (!fits) return far.fail(new Error(`unexpected ${line}`))
    if (next.reply === null) agent.notify(event)
    else far.write(`${next.reply.replaceAll('\n', ' ')}\n`)
  }
  return {
    agent,
    expect: (name) => {
      event = name
    },
    left: () => rest.length,
  }
}

const families = ['ipv4', 'ipv6']
let cpus = []
const calls = {
  fsFreeze: (agent, { mountpoints }) => agentCommands.fsFreeze(agent, mountpoints ?? undefined),
  fsTrim: async (agent, { minimum }) => {
    await agentCommands.fsTrim(agent, BigInt(minimum))
    return true
  },
  shutdown: (agent, { mode }) => agentCommands.shutdown(agent, mode),
  getVcpus: async (agent) => {
    cpus = await agentCommands.guestCpus(agent)
    return cpus
  },
  planOnlineCount: (_agent, { count }) => agentCommands.planOnline(cpus, count),
  setVcpus: (agent) => agentCommands.setGuestCpus(agent, cpus),
  arbitraryCommand: async (agent, { command }) => formatJson(await agent.exchange(parseJson(command))),
  getInterfaces: async (agent) =>
    (await guestInterfaces(agent)).map((one) => ({
      ...one,
      addrs: one.addrs.map(({ type, addr, prefix }) => [families[type], addr, prefix]),
    })),
  getUsers: async (agent) => {
    const users = await agentCommands.guestUsers(agent)
    const rows = users.flatMap((user, i) => [
      [`user.${i}.name`, user.name],
      ...(user.domain === undefined ? [] : [[`user.${i}.domain`, user.domain]]),
      [`user.${i}.login-time`, Number(user.loginTime)],
    ])
    return Object.fromEntries([['user.count', users.length], ...rows])
  },
  getTimezone: async (agent) => {
    const { name, offset } = await agentCommands.guestTimezone(agent)
    return { 'timezone.name': name, 'timezone.offset': offset }
  },
  sshGetAuthorizedKeys: (agent, { user }) => agentCommands.authorizedKeys(agent, user),
  sshAddAuthorizedKeys: (agent, { user, reset }) => agentCommands.addAuthorizedKeys(agent, user, ['key'], reset),
  sshRemoveAuthorizedKeys: (agent, { user }) => agentCommands.removeAuthorizedKeys(agent, user, ['key']),
  getDisks: (agent) => agentCommands.guestDisks(agent),
  getLoadAvg: (agent) => agentCommands.guestLoad(agent),
}

/** Whether what is expected is in the result: only keys that are named count. */
function holds(result, expected) {
  if (expected === null) return (result ?? null) === null
  if (Array.isArray(expected))
    return Array.isArray(result) && result.length === expected.length && expected.every((e, i) => holds(result[i], e))
  if (typeof expected === 'object') return Object.entries(expected).every(([key, value]) => holds(result?.[key], value))
  return result === expected
}

export const suites = {
  qemumonitorjson: {
    facts: [
      'op',
      'command',
      'replies',
      'cpus',
      'hotplug',
      'maxVcpus',
      'query',
      'json',
      'returnsEntry',
      'capsReplies',
      'expectedValue',
    ],
    run(c, ctx) {
      const operation = operations[c.op]
      if (operation === undefined) throw new Error('not implemented')
      return operation(c, ctx)
    },
  },
  qemuagent: {
    facts: ['exchange', 'domain'],
    async run(c, { check }) {
      check.compared.add('calls')
      const { agent, expect, left } = scriptedAgent(c.exchange)
      for (const [i, { call, expectedValue, expectedCount, expectError, guestEvent, ...args }] of c.calls.entries()) {
        const fn = calls[call]
        if (fn === undefined) throw new Error('not implemented')
        expect(guestEvent)
        if (expectError) {
          await check.fails(`${i} ${call}`, () => fn(agent, args))
          continue
        }
        await check.is(`${i} ${call}`, async () => {
          const result = await fn(agent, args)
          if (expectedCount !== undefined && result.length !== expectedCount) return `got ${result.length}`
          if (expectedValue !== undefined && !holds(result, expectedValue)) return `got ${JSON.stringify(result)}`
          return undefined
        })
      }
      await check.is('all exchanges', () => (left() === 0 ? undefined : `${left()} were not asked for`))
      agent.close()
    },
  },
}
