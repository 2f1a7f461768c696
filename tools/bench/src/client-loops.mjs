// SPDX-License-Identifier: GPL-2.0-or-later
// The loops of src/load.c with `@virt/remote`: node client-loops.mjs URI WORK SECONDS CONNECTIONS CALLERS.
import { connect } from '@virt/core'
import { remote } from '@virt/remote'
import { percentile } from './statistics.mjs'

const [uri, work, secondsText, connections, callers] = process.argv.slice(2)
const seconds = Number(secondsText)
const open = () => connect(uri, { drivers: [remote()] })
const report = (took, elapsed) =>
  console.log(
    JSON.stringify({
      p50: percentile(took, 0.5) * 1e3,
      p99: percentile(took, 0.99) * 1e3,
      rate: (took.length / elapsed) * 1e3,
    }),
  )

async function loop(makeCall) {
  const conns = await Promise.all(Array.from({ length: Number(connections) }, open))
  const calls = await Promise.all(conns.map(makeCall))
  for (let i = 0; i < 50; i++) for (const call of calls) await call()
  const took = []
  const begin = performance.now()
  const end = begin + seconds * 1000
  const caller = async (call) => {
    for (let start = performance.now(); start < end; ) {
      await call()
      const then = performance.now()
      took.push(then - start)
      start = then
    }
  }
  await Promise.all(Array.from({ length: Number(callers) }, (_, i) => caller(calls[i % calls.length])))
  report(took, performance.now() - begin)
  await Promise.all(conns.map((conn) => conn.close()))
}

const works = {
  version: () => loop((conn) => () => conn.libVersion()),
  info: () =>
    loop(async (conn) => {
      const dom = await conn.domains.byName('test')
      return () => dom.info()
    }),
  async connect() {
    const took = []
    const begin = performance.now()
    for (let start = begin; start < begin + seconds * 1000; ) {
      await (await open()).close()
      const then = performance.now()
      took.push(then - start)
      start = then
    }
    report(took, performance.now() - begin)
  },
  async bulk() {
    let start = performance.now()
    const conn = await open()
    const opened = performance.now() - start
    start = performance.now()
    const doms = []
    for await (const dom of conn.domains.list()) doms.push(dom)
    const list = performance.now() - start
    start = performance.now()
    await conn.stats()
    const stats = performance.now() - start
    const shown = doms.slice(0, 1000)
    start = performance.now()
    for (const dom of shown) await dom.xmlDesc()
    const xml = ((performance.now() - start) * 1000) / shown.length
    console.log(JSON.stringify({ open: opened, list, stats, xml }))
    await conn.close()
  },
  async event() {
    const [listener, conn] = [await open(), await open()]
    let heard = () => {}
    listener.on('lifecycle', () => heard(performance.now()))
    await listener.subscribed('lifecycle')
    const dom = await conn.domains.byName('test')
    const took = []
    const begin = performance.now()
    for (let i = 0; i < 200; i++) {
      const event = new Promise((resolve) => {
        heard = resolve
      })
      const start = performance.now()
      const call = i % 2 ? dom.resume() : dom.suspend()
      took.push((await event) - start)
      await call
    }
    report(took, performance.now() - begin)
    await Promise.all([listener.close(), conn.close()])
  },
}
await works[work]()
