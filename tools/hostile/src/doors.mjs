// SPDX-License-Identifier: GPL-2.0-or-later
// A daemon whose doors are besieged: what somebody who is inside notices of it.
import { fork, spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { setPriority } from 'node:os'
import { join } from 'node:path'
import { Authority, pkiFolder } from '../../test/certificates.mjs'
import { call } from './packets.mjs'
import { workedOf } from './process-figures.mjs'
import { RawSocket } from './raw-socket.mjs'

/** How long is measured with and without, ms, and how often. */
const windows = { long: [4000, 5], short: [700, 5] }
/**
 * By how much somebody may be slowed down, percent. On a machine that has no processor for the flood the calls are slowed
 * down by that, too; the daemon's part is what it works for the flood, and both have to be more for a failure.
 */
const bound = 10

async function freePort() {
  const server = createServer()
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Milliseconds that each of many calls took, one after the other, for some time. */
async function calls(client, time) {
  const took = []
  for (const begin = performance.now(); performance.now() - begin < time; ) {
    const before = client.frames
    const sent = performance.now()
    client.send(call('CONNECT_GET_LIB_VERSION', 100 + before, undefined))
    if (!(await client.until(() => client.frames > before || client.closed, 20_000)) || client.closed)
      throw new Error('a client that behaves was not served')
    took.push(performance.now() - sent)
  }
  return took
}

/** What the flood says next. */
function said(flood, time) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the flood has said nothing for ${time} ms`)), time)
    const gone = () => reject(new Error('the flood has ended by itself'))
    flood.once('exit', gone)
    flood.once('message', (message) => {
      clearTimeout(timer)
      flood.off('exit', gone)
      resolve(message)
    })
  })
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length
const middle = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]

/**
 * @param {{ root: string, long: boolean, halfOpen: number, perSecond: number }} options
 * @returns {Promise<{ text: string, failure?: string }>}
 */
export async function besieged({ root, long, halfOpen, perSecond }) {
  const [tls, tcp] = [await freePort(), await freePort()]
  const ca = new Authority(join(root, 'ca'))
  pkiFolder(join(root, 'pki'), { ca: ca.path('cacert.pem'), server: ca.sign('server', { names: 'DNS:localhost' }) })
  const at = (name) => join(root, 'pki', `${name}.pem`)
  mkdirSync(join(root, 'etc/libvirt'), { recursive: true })
  writeFileSync(
    join(root, 'etc/libvirt/virtd.conf'),
    `log_level = 4\nauth_unix_rw = "none"\nlisten_addr = "127.0.0.1"\nlisten_tls = 1\nlisten_tcp = 1\ntls_port = "${tls}"\ntcp_port = "${tcp}"\n` +
      `auth_tcp = "sasl"\nca_file = "${at('cacert')}"\ncert_file = "${at('servercert')}"\nkey_file = "${at('serverkey')}"\n`,
  )
  const program = join(import.meta.dirname, '../../../apps/virtd/dist/main.cjs')
  const daemon = spawn(process.execPath, [program, '--root', root], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  let words = ''
  daemon.stderr.on('data', (chunk) => {
    words = (words + chunk).slice(-4096)
  })
  const ended = new Promise((resolve) => daemon.once('exit', resolve))
  await Promise.race([new Promise((resolve) => daemon.stdout.once('data', resolve)), ended])
  try {
    const client = await RawSocket.session(join(root, 'run/libvirt/libvirt-sock'))
    const [time, rounds] = long ? windows.long : windows.short
    await calls(client, time)
    let free = []
    let pressed = []
    const floods = []
    let worked = 0
    let watched = 0
    // In turns, so that what else the machine does is in both.
    for (let round = 0; round < rounds; round++) {
      free = free.concat(await calls(client, time))
      const flood = fork(join(import.meta.dirname, 'child-flood.mjs'), [tls, tcp, halfOpen, perSecond].map(String))
      // It stands for other machines: what it costs itself is not to be measured.
      setPriority(flood.pid, 19)
      await said(flood, 30_000)
      pressed = pressed.concat(await calls(client, time))
      // Nobody else wants anything now.
      const [before, begin] = [workedOf(daemon.pid), performance.now()]
      await new Promise((resolve) => setTimeout(resolve, time))
      worked += workedOf(daemon.pid) - before
      watched += (performance.now() - begin) / 1000
      const figures = said(flood, 10_000)
      flood.send('stop')
      floods.push(await figures)
      await new Promise((resolve) => setTimeout(resolve, 300))
    }
    client.destroy()
    if (daemon.exitCode !== null) throw new Error(`the daemon is gone: ${words}`)
    const more = (of) => Math.round((of(pressed) / of(free) - 1) * 100)
    const sum = (name) => floods.reduce((all, figures) => all + figures[name], 0)
    const open = Math.round(sum('open') / rounds)
    const share = Math.round((worked / watched) * 100)
    const rate = Math.round(sum('attempts') / sum('seconds'))
    const text =
      `${open} half-open handshakes and ${rate} wrong passwords a second (${sum('refused')} refused, ${sum('turnedAway')} turned away): ` +
      `a call takes ${mean(pressed).toFixed(3)} ms instead of ${mean(free).toFixed(3)} ms, ${more(mean)} % more; ` +
      `the median ${middle(pressed).toFixed(3)} ms instead of ${middle(free).toFixed(3)} ms, ${more(middle)} % more; ` +
      `the daemon works ${share} % of the time for the flood`
    if (more(middle) > bound && share > bound)
      return { text, failure: `a client inside was slowed down too much: ${text}` }
    return { text }
  } finally {
    daemon.kill()
    const late = setTimeout(() => daemon.kill('SIGKILL'), 10_000)
    await ended
    clearTimeout(late)
  }
}
