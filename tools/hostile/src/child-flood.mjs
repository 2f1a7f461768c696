// SPDX-License-Identifier: GPL-2.0-or-later
// A flood at a daemon's doors, in a process of its own: `node child-flood.mjs TLS-PORT TCP-PORT HALF-OPEN PER-SECOND`. Keeps so
// many connections that have begun a handshake and go no further, and tries so many wrong passwords a second. It floods
// until it is told to stop, and then says how much it was.
import { connect } from 'node:net'
import { remote, XdrReader } from '@virt/rpc'
import { call } from './packets.mjs'
import { RawSocket } from './raw-socket.mjs'

const [tls, tcp, halfOpen, perSecond] = process.argv.slice(2).map(Number)
/** How many there were at once, at most. */
let most = 0
const figures = { begun: 0, open: 0, attempts: 0, refused: 0, turnedAway: 0 }
let stopping = false

/** The beginning of a ClientHello; the rest never comes. */
const hello = Buffer.from('160301020001', 'hex')

function begin() {
  if (stopping) return
  figures.begun++
  const socket = connect(tls, '127.0.0.1', () => {
    figures.open++
    // It has begun when a good half stand: of more than the daemon lets wait the rest come and go.
    if (figures.open > most) {
      most = figures.open
      if (most === Math.ceil(halfOpen / 2)) process.send('standing')
    }
    socket.write(hello)
    socket.counted = true
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    if (socket.counted) figures.open--
    // Not at once: this is no test of how fast connections can be made.
    setTimeout(begin, 200)
  })
}

/** What somebody answers to DIGEST-MD5 who does not know the password. */
function wrongAnswer(challenge) {
  const value = (name) => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1] ?? ''
  const fields = [
    'username="fred"',
    `realm="${value('realm')}"`,
    `nonce="${value('nonce')}"`,
    'cnonce="AAAAAAAAAAAAAAAA"',
    'nc=00000001',
    'qop=auth-conf',
    'cipher=rc4',
    'digest-uri="libvirt/localhost"',
    `response=${'0'.repeat(32)}`,
    'charset=utf-8',
  ]
  return Buffer.from(fields.join(','))
}

async function attempt() {
  figures.attempts++
  const client = await RawSocket.open({ port: tcp, host: '127.0.0.1' }).catch(() => undefined)
  if (client === undefined) return
  const answered = async (frames) => await client.until(() => client.closed || client.frames >= frames, 60_000)
  client.send(call('AUTH_LIST', 0, undefined), call('AUTH_SASL_INIT', 1, undefined))
  client.send(call('AUTH_SASL_START', 2, { mech: 'DIGEST-MD5', nil: 1, data: Buffer.alloc(0) }))
  await answered(3)
  const { last } = client
  if (!client.closed && last?.status === 0) {
    const { data } = remote.decodeAuthSaslStartRet(new XdrReader(last.buffer, last.start, last.end))
    client.send(call('AUTH_SASL_STEP', 3, { nil: 0, data: wrongAnswer(Buffer.from(data).toString()) }))
    await answered(4)
  }
  if (client.frames === 0) figures.turnedAway++
  else if (client.last?.status === 1) figures.refused++
  client.destroy()
}

for (let n = 0; n < halfOpen; n++) setTimeout(begin, n / 2)
const started = performance.now()
const timer = setInterval(() => {
  // As many as are due: timers are late.
  while (figures.attempts < ((performance.now() - started) / 1000) * perSecond) void attempt()
}, 5)
process.on('message', () => {
  stopping = true
  clearInterval(timer)
  process.send({ ...figures, open: most, seconds: (performance.now() - started) / 1000 })
  process.exit(0)
})
