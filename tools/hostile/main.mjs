// SPDX-License-Identifier: GPL-2.0-or-later
// Hostile peers, on both sides: a daemon among them, and a client among them. Others keep being served, memory comes back,
// nothing stays pending. Full counts with VIRT_LONG=1. `node tools/hostile/main.mjs [--seed N] [--only PART OF A DAEMON TEST'S NAME]`
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { opensslIsThere } from '../test/certificates.mjs'
import { daemonTests } from './src/daemon-tests.mjs'
import { besieged } from './src/doors.mjs'
import { hostileDaemons } from './src/hostile-daemon.mjs'
import { call } from './src/packets.mjs'
import { residentOf, watch } from './src/process-figures.mjs'
import { RawSocket } from './src/raw-socket.mjs'

const { values } = parseArgs({
  options: { seed: { type: 'string', default: '1' }, only: { type: 'string', default: '' } },
})
const seed = Number(values.seed)
const long = process.env.VIRT_LONG === '1'
const counts = long
  ? {
      mutated: 200_000,
      oversize: 20,
      partial: 100,
      part: 4 << 20,
      dyingCalls: 20,
      idle: 500,
      slow: 100,
      events: 20_000,
      dying: 1200,
      silent: 1000,
      flood: 5000,
    }
  : {
      mutated: 10_000,
      oversize: 2,
      partial: 20,
      part: 1 << 20,
      dyingCalls: 4,
      idle: 100,
      slow: 20,
      events: 1000,
      dying: 500,
      silent: 100,
      flood: 300,
    }
/** MiB that hostile peers may cost for a while, and how much of it may stay after a minute. */
const mayCost = 200
const mayStay = 80
const comesBack = 60_000

const root = mkdtempSync(join(tmpdir(), 'hostile-'))
let passed = 0
let failed = 0
function tell(name, text, failure) {
  if (failure === undefined) passed++
  else failed++
  const verdict = failure !== undefined ? 'FAIL' : long ? 'figure' : 'pass'
  console.log(`${verdict} ${name}: ${failure ?? text}`)
}

/** Waits until a process is back at about what it had. @returns seconds and MiB */
async function back(pid, idle) {
  const begin = performance.now()
  while (residentOf(pid) > idle + mayStay && performance.now() - begin < comesBack)
    await new Promise((resolve) => setTimeout(resolve, 250))
  return { seconds: Math.round((performance.now() - begin) / 1000), now: residentOf(pid) }
}

/** A client that behaves, and is to be served whatever the others do. */
async function modest(path) {
  const client = await RawSocket.session(path)
  let longest = 0
  let answered = 0
  let stop = false
  const ended = (async () => {
    while (!stop) {
      const before = client.frames
      const begin = performance.now()
      client.send(call('CONNECT_GET_LIB_VERSION', 100 + before, undefined))
      if (!(await client.until(() => client.frames > before || client.closed, 20_000)) || client.closed)
        throw new Error('a client that behaves was not served')
      longest = Math.max(longest, performance.now() - begin)
      answered++
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    client.destroy()
  })()
  ended.catch(() => {})
  return async () => {
    stop = true
    await ended
    return `${answered} calls of others, the slowest ${Math.round(longest)} ms`
  }
}

async function daemonAmongThem() {
  mkdirSync(join(root, 'etc/libvirt'), { recursive: true })
  writeFileSync(join(root, 'etc/libvirt/virtd.conf'), 'log_level = 4\n')
  const program = join(import.meta.dirname, '../../apps/virtd/dist/main.cjs')
  const daemon = spawn(process.execPath, [program, '--root', root], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  daemon.stderr.on('data', (chunk) => {
    said = (said + chunk).slice(-4096)
  })
  const ended = new Promise((resolve) => daemon.once('exit', resolve))
  await Promise.race([new Promise((resolve) => daemon.stdout.once('data', resolve)), ended])
  const path = join(root, 'run/libvirt/libvirt-sock')
  try {
    // A daemon that has worked: its code is compiled, its heap has its usual size.
    for (let n = 0; n < 20; n++)
      await daemonTests['packets that are almost right']({ path, counts: { mutated: 100 }, seed: n })
    await new Promise((resolve) => setTimeout(resolve, 1000))
    const idle = residentOf(daemon.pid)
    for (const [name, test] of Object.entries(daemonTests)) {
      if (!name.includes(values.only)) continue
      const stop = watch(daemon.pid)
      const others = await modest(path)
      const sample = async () => residentOf(daemon.pid) - idle
      let text
      let failure
      try {
        text = await test({ path, counts, seed, sample })
        text += `; ${await others()}`
        const most = stop()
        const { seconds, now } = await back(daemon.pid, idle)
        text += `; ${idle} MiB when idle, at most ${most}, ${now} after ${seconds} s`
        if (most > idle + mayCost) failure = `took ${most - idle} MiB: ${text}`
        else if (now > idle + mayStay) failure = `kept ${now - idle} MiB: ${text}`
      } catch (error) {
        failure = `${error.message}${daemon.exitCode === null ? '' : `; the daemon is gone: ${said}`}`
        stop()
        others().catch(() => {})
      }
      tell(`daemon: ${name}`, text, failure)
    }
  } finally {
    daemon.kill()
    const late = setTimeout(() => daemon.kill('SIGKILL'), 10_000)
    const code = await ended
    clearTimeout(late)
    tell('daemon: ends as it should', 'exit status 0', code === 0 ? undefined : `exit status ${code}: ${said}`)
  }
}

async function clientAmongThem() {
  const folder = join(root, 'daemons')
  mkdirSync(folder)
  const stopDaemons = await hostileDaemons(folder, seed)
  const script = join(import.meta.dirname, 'src/child-client.mjs')
  const client = spawn(process.execPath, ['--expose-gc', script, folder, JSON.stringify(counts)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise((resolve) => client.once('exit', resolve))
  let idle
  let stop
  try {
    for await (const line of createInterface({ input: client.stdout })) {
      const { name, text, failure, done } = JSON.parse(line)
      if (done) break
      const most = stop?.()
      const cost = idle === undefined ? '' : `; at most ${most} MiB`
      const much = idle !== undefined && most > idle + mayCost ? `took ${most - idle} MiB: ${text}` : undefined
      tell(`client: ${name}`, `${text}${cost}`, failure ?? much)
      idle ??= residentOf(client.pid)
      stop = watch(client.pid)
    }
    stop?.()
    if (client.exitCode !== null) tell('client: lives', '', `exit status ${client.exitCode}`)
    else {
      const { seconds, now } = await back(client.pid, idle)
      tell(
        'client: gives memory back',
        `${idle} MiB, ${now} after ${seconds} s`,
        now > idle + mayStay ? `keeps ${now - idle} MiB` : undefined,
      )
    }
  } finally {
    stop?.()
    client.kill()
    await ended
    stopDaemons()
  }
}

const besiegedName = 'daemon: besieged doors'

async function doors() {
  const name = besiegedName
  if (!opensslIsThere) return console.warn(`SKIPPED: ${name} (needs openssl)`)
  try {
    const options = { root: join(root, 'doors'), long, halfOpen: 1000, perSecond: 200 }
    const { text, failure } = await besieged(options)
    tell(name, text, failure)
  } catch (error) {
    tell(name, '', error.message)
  }
}

try {
  if (besiegedName.includes(values.only)) await doors()
  await daemonAmongThem()
  if (values.only === '') await clientAmongThem()
} finally {
  rmSync(root, { recursive: true, force: true })
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
