// SPDX-License-Identifier: GPL-2.0-or-later
// The client among hostile daemons, in a process of its own: `node child-client.mjs FOLDER COUNTS`. A line of JSON for each test.
import { join } from 'node:path'
import { connect } from '@virt/core'
import { remote } from '@virt/remote'

const [folder, countsText] = process.argv.slice(2)
const counts = JSON.parse(countsText)
/** Promises that were made, and those that have come to an end. */
const made = { calls: 0, settled: 0 }
const strays = []
process.on('unhandledRejection', (error) => strays.push(`unhandled: ${error?.message}`))
process.on('uncaughtException', (error) => strays.push(`uncaught: ${error?.stack}`))

function watched(promise) {
  made.calls++
  const done = () => {
    made.settled++
  }
  return promise.then(
    (value) => {
      done()
      return value
    },
    (error) => {
      done()
      return error
    },
  )
}

const open = (kind, options = {}) =>
  watched(
    connect(`test+unix:///default?socket=${join(folder, kind)}`, {
      drivers: [remote({ keepAlive: false })],
      timeout: kind === 'dribbling' ? 10_000 : 300,
      ...options,
    }),
  )
const isConnection = (value) => typeof value?.close === 'function'

/** A call of each kind; what they answer does not matter. */
async function talk(conn) {
  const all = [
    watched(conn.hostname()),
    watched(conn.libVersion()),
    watched(conn.capabilities()),
    watched(conn.domains.list().toArray()),
    watched(conn.stats()),
    watched(conn.domains.byName('test').then((dom) => Promise.all([watched(dom.info()), watched(dom.xmlDesc())]))),
  ]
  conn.on('lifecycle', () => {})
  watched(conn.subscribed('lifecycle'))
  return all
}

/** Waits a little for answers, then ends the connection, which must end all that waits. */
async function converse(kind, patience = 200) {
  const conn = await open(kind)
  if (!isConnection(conn)) return
  const all = await talk(conn)
  let timer
  await Promise.race([
    Promise.all(all),
    new Promise((resolve) => {
      timer = setTimeout(resolve, patience)
    }),
  ])
  clearTimeout(timer)
  conn.destroy()
  await Promise.all(all)
}

async function inTurns(count, width, work) {
  let next = 0
  await Promise.all(
    Array.from({ length: width }, async () => {
      while (next < count) await work(next++)
    }),
  )
}

const tests = {
  async 'answers that are almost right'() {
    // Six answers or more for each conversation.
    const talks = Math.ceil(counts.mutated / 6)
    await inTurns(talks, 8, (n) => converse(n % 4 ? 'mutating' : 'mutatingEarly', 50))
    return `${talks} conversations`
  },
  async 'lengths that no packet may have'() {
    await inTurns(counts.oversize * 9, 4, () => converse('oversize', 50))
    return `${counts.oversize * 9} conversations`
  },
  async 'a daemon that dies at each byte of what it says'() {
    await inTurns(counts.dying, 8, () => converse('dying'))
    return `${counts.dying} deaths`
  },
  async 'a daemon that says a byte at a time'() {
    const conn = await open('dribbling')
    if (!isConnection(conn)) throw conn
    const name = await conn.hostname()
    await conn.close()
    if (name !== 'somewhere') throw new Error(`it said ${name}`)
    return 'one conversation'
  },
  async 'a daemon that does not answer'() {
    const conn = await open('silent')
    if (!isConnection(conn)) throw conn
    const calls = Array.from({ length: counts.silent }, () => watched(conn.hostname({ timeout: 500 })))
    const ended = await Promise.all(calls)
    if (ended.some((error) => error.code !== 'timeout')) throw new Error('a call ended in another way than its time')
    conn.destroy()
    return `${calls.length} calls`
  },
  async 'a daemon that floods with events'() {
    const conn = await open('flooding')
    if (!isConnection(conn)) throw conn
    const events = conn.events('lifecycle')
    await watched(conn.subscribed('lifecycle'))
    await new Promise((resolve) => setTimeout(resolve, counts.flood))
    const { dropped } = events
    conn.destroy()
    if (dropped === 0) throw new Error('there was no flood')
    return `${dropped} events dropped`
  },
  async 'a daemon that floods with answers nobody asked for'() {
    const conn = await open('flooding')
    if (!isConnection(conn)) throw conn
    await watched(conn.hostname())
    await new Promise((resolve) => setTimeout(resolve, counts.flood))
    const version = await watched(conn.libVersion({ timeout: 5000 }))
    conn.destroy()
    if (version !== 11003000n) throw new Error(`a call was lost in the flood: ${version}`)
    return 'a call came through'
  },
  async 'a daemon that floods a stream that nobody reads'() {
    const conn = await open('flooding')
    if (!isConnection(conn)) throw conn
    const volume = await conn.volumes.byPath('/v')
    const stream = await volume.download()
    stream.on('error', () => {})
    watched(stream.finished)
    await new Promise((resolve) => setTimeout(resolve, counts.flood))
    conn.destroy()
    return 'one stream'
  },
}

for (const [name, run] of Object.entries(tests)) {
  const before = { ...made }
  let text
  let failure
  try {
    text = await run()
    // What the end of a connection ends may take a turn of the loop.
    await new Promise((resolve) => setTimeout(resolve, 20))
    const pending = made.calls - before.calls - (made.settled - before.settled)
    if (pending > 0) failure = `${pending} promises stay pending`
    else if (strays.length > 0) failure = strays.splice(0).slice(0, 3).join('; ')
  } catch (error) {
    failure = error.stack
  }
  process.stdout.write(`${JSON.stringify({ name, text, failure })}\n`)
}
globalThis.gc?.()
process.stdout.write(`${JSON.stringify({ done: true })}\n`)
// The process stays for its memory to be looked at.
setInterval(() => globalThis.gc?.(), 1000)
