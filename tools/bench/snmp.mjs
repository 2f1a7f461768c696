// SPDX-License-Identifier: GPL-2.0-or-later
// How fast guests are walked by SNMP: virtd's test driver with many domains, the agent, a real snmpd, net-snmp's walkers.
// node tools/bench/snmp.mjs [--domains N,N]; lines that begin with `figure` are kept in docs/figures.md.
import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ensure } from '../setup/system-parts.mjs'
import { cpuOf, rssOf } from './src/processes.mjs'

const { values } = parseArgs({ options: { domains: { type: 'string', default: '1000,10000' } } })
const sizes = values.domains.split(',').map(Number)
const parts = await ensure('snmp')
if (!parts.ok) {
  console.log(`SKIPPED: ${parts.why}`)
  console.log(`0 passed, 0 failed, ${sizes.length} skipped`)
  process.exit(0)
}
const repo = join(import.meta.dirname, '../..')
const name = '1.3.6.1.4.1.36957.1.1.1.2'
const table = '1.3.6.1.4.1.36957'
const connection = '1.3.6.1.4.1.8072.9999.9999.36957.1.1.12.0'

const freePort = () =>
  new Promise((resolve) => {
    const socket = createSocket('udp4').bind(0, '127.0.0.1', () => {
      const { port } = socket.address()
      socket.close(() => resolve(port))
    })
  })

/** Runs a program; how many lines it has said, and the last of them. */
function run(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'], timeout: 120_000 })
    let lines = 0
    let last = ''
    child.stdout.on('data', (chunk) => {
      for (const byte of chunk) if (byte === 10) lines++
      last = chunk.toString()
    })
    child.on('error', reject)
    child.on('close', (code) =>
      code === 0 ? resolve({ lines, last }) : reject(new Error(`${command} ended with ${code}`)),
    )
  })
}

async function measure(count) {
  const folder = mkdtempSync(join(tmpdir(), 'bench-snmp-'))
  const children = []
  const start = (command, args, env) => {
    const child = spawn(command, args, { stdio: 'ignore', env: { ...process.env, ...env } })
    children.push(child)
    return child
  }
  try {
    const guests = Array.from(
      { length: count },
      (_, i) =>
        `<domain type='test'><name>guest${i}</name><memory unit='MiB'>64</memory><vcpu>2</vcpu><os><type>hvm</type></os><devices><disk type='file'><source file='/i/${i}'/><target dev='vda'/></disk></devices></domain>`,
    )
    writeFileSync(join(folder, 'node.xml'), `<node>\n${guests.join('\n')}\n</node>\n`)
    mkdirSync(join(folder, 'persist'))
    const agentx = join(folder, 'agentx')
    writeFileSync(
      join(folder, 'snmpd.conf'),
      `rocommunity public 127.0.0.1\nmaster agentx\nagentXSocket unix:${agentx}\nagentXTimeout 5\nagentXRetries 1\n`,
    )
    const port = await freePort()
    const options = [
      '-f',
      '-Lf',
      join(folder, 'snmpd.log'),
      '-C',
      '-c',
      join(folder, 'snmpd.conf'),
      '-p',
      join(folder, 'pid'),
    ]
    start('snmpd', [...options, '-I', '-smux', `udp:127.0.0.1:${port}`], {
      SNMP_PERSISTENT_DIR: join(folder, 'persist'),
    })
    start(process.execPath, [join(repo, 'apps/virtd/dist/main.cjs'), '--root', folder])
    const socket = join(folder, 'run/libvirt/libvirt-sock')
    const uri = `test+unix://${join(folder, 'node.xml')}?socket=${socket}`
    const agent = start(process.execPath, [
      join(repo, 'apps/snmp-agent/dist/main.js'),
      '--uri',
      uri,
      '--agentx',
      `unix:${agentx}`,
    ])
    const to = ['-m', '', '-v2c', '-c', 'public', '-t', '10', '-r', '1', `127.0.0.1:${port}`]
    const end = Date.now() + 120_000
    for (;;) {
      const state = await run('snmpget', ['-Oqv', ...to, connection]).catch(() => undefined)
      if (state?.last.trim() === '1') break
      if (Date.now() > end) throw new Error('the agent does not serve')
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    // The documents of the guests are read after the list of them.
    await new Promise((resolve) => setTimeout(resolve, 2000 + count / 2))
    const rate = async (what, walkers, work) => {
      const [begin, cpu] = [performance.now(), cpuOf(agent.pid)]
      const all = await Promise.all(Array.from({ length: walkers }, work))
      const lines = all.reduce((sum, one) => sum + one.lines, 0)
      const elapsed = (performance.now() - begin) / 1000
      const each = ((cpuOf(agent.pid) - cpu) / lines) * 1e6
      console.log(
        `figure ${count} guests, ${what}: ${Math.round(lines / elapsed)} varbinds/s, ${each.toFixed(1)} us of the agent's CPU each`,
      )
    }
    const bulk = (oid) => () => run('snmpbulkwalk', ['-Cr50', ...to, oid])
    await rate('one column by snmpbulkwalk', 1, bulk(name))
    await rate('the whole table by snmpbulkwalk', 1, bulk(table))
    await rate('six walkers of the whole table', 6, bulk(table))
    console.log(`figure ${count} guests: the agent has ${Math.round(rssOf(agent.pid) / 1024)} MiB`)
  } finally {
    for (const child of children) {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      if (child.exitCode === null && child.kill()) await ended
    }
    rmSync(folder, { recursive: true, force: true })
  }
}

let failed = 0
for (const size of sizes)
  await measure(size).catch((error) => {
    failed++
    console.log(`FAIL ${size} guests: ${error.message}`)
  })
console.log(`${sizes.length - failed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
