// SPDX-License-Identifier: GPL-2.0-or-later
// The same commands of an unprivileged virsh on a real libvirtd and on virtd, both with the access driver polkit on a bus of
// their own: polkit is asked the same questions in the same order, and what it refuses is said in the same words.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Connection, connect } from '@virt/core'
import { remote } from '@virt/remote'
import { type Asked, noBus, PrivateBus, ScriptedPolkit } from '@virt/server/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startLibvirtd, startVirtd } from './peers.mjs'
import { runProgram } from './place.mjs'

const root = process.getuid?.() === 0
const why = !root
  ? 'needs root'
  : (noBus ??
    (existsSync('/usr/sbin/libvirtd') && existsSync(new URL('../../dist/main.cjs', import.meta.url))
      ? undefined
      : 'needs the package libvirt-daemon and the built virtd'))
if (why) console.warn(`SKIPPED: questions to polkit of libvirtd and virtd compared (${why})`)

const nobody = 65_534
const uuid = '5a50651d-6f0d-4c1a-9d51-000000000001'
const documents = {
  network: `<network><name>n1</name><uuid>${uuid}</uuid><bridge name='virbr77'/></network>`,
  pool: `<pool type='dir'><name>p1</name><uuid>${uuid}</uuid><target><path>/tmp</path></target></pool>`,
}
/** Lines that only need drivers which both have; `@` is the folder of documents. */
const lines = [
  'uri',
  'hostname',
  'net-list --all',
  'net-define @network',
  'net-info n1',
  'net-dumpxml n1',
  'net-autostart n1',
  'net-undefine n1',
  'pool-list --all',
  'pool-define @pool',
  'pool-info p1',
  'pool-dumpxml p1',
  'pool-autostart p1',
  'pool-undefine p1',
  'net-dumpxml nosuch',
  'nodeinfo',
  'freecell',
]

/** A question without what is each side's own: the process, and the driver's name. */
const plain = ({ action, details }: Asked): unknown => ({ action, details: { ...details, connect_driver: 'DRIVER' } })

describe.skipIf(why)('polkit', () => {
  let bus: PrivateBus
  let polkit: ScriptedPolkit
  let refused: (question: Asked) => boolean = () => false
  let sides: { name: string; uri: string; stop(): Promise<void>; driver: string }[] = []
  let folder: string
  let keeper: Connection | undefined
  beforeAll(async () => {
    bus = await PrivateBus.start()
    polkit = await ScriptedPolkit.start(bus, (question) => !refused(question))
    folder = join(bus.folder, 'documents')
    mkdirSync(folder)
    for (const [name, text] of Object.entries(documents)) writeFileSync(join(folder, name), text)
    const env = { DBUS_SYSTEM_BUS_ADDRESS: bus.address }
    const settings =
      'access_drivers = [ "polkit" ]\nauth_unix_rw = "none"\nauth_unix_ro = "none"\nunix_sock_rw_perms = "0777"\n'
    const [real, ours] = await Promise.all([startLibvirtd({ env, settings }), startVirtd({ env, settings })])
    sides = [
      { name: 'libvirtd', driver: 'QEMU', uri: `qemu+unix:///system?socket=${real.socket}`, stop: real.stop },
      { name: 'virtd', driver: 'Test', uri: `test+unix:///default?socket=${ours.socket}`, stop: ours.stop },
    ]
    // The test driver's objects live as long as somebody is connected.
    keeper = await connect(`test+unix:///default?socket=${ours.socket}`, { drivers: [remote({ keepAlive: false })] })
  }, 60_000)
  afterAll(async () => {
    await keeper?.close()
    for (const side of sides) await side.stop()
    await polkit?.stop()
    await bus?.stop()
  })

  /** What one side asked polkit, and what virsh said. */
  async function run(side: (typeof sides)[number], line: string): Promise<{ asked: unknown[]; stderr: string }> {
    // Verdicts that virtd has kept would hide questions; a change of rules makes it forget them.
    polkit.change()
    const from = polkit.questions.length
    const words = line.replace('@', `${folder}/`).split(' ')
    const { stderr } = await runProgram('setpriv', [
      ...[`--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', 'virsh', '-c', side.uri],
      ...words,
    ])
    const questions = polkit.questions.slice(from)
    expect(new Set(questions.map((q) => q.subject.uid))).toEqual(new Set(questions.length > 0 ? [nobody] : []))
    expect(questions.every((q) => q.details.connect_driver === side.driver && q.flags === 0)).toBe(true)
    return { asked: questions.map(plain), stderr }
  }
  /** libvirt asks again what it has just been told; virtd has kept it. */
  const distinct = (asked: unknown[]): unknown[] => [...new Map(asked.map((q) => [JSON.stringify(q), q])).values()]
  const sorted = (asked: unknown[]): unknown[] => [...asked].map((q) => JSON.stringify(q)).sort()

  it.each(lines)('is asked the same for: %s', async (line) => {
    const [real, ours] = [await run(sides[0] as never, line), await run(sides[1] as never, line)]
    expect(real.asked.length).toBeGreaterThan(0)
    // What there is to be listed differs, what is asked to list it does not.
    const own = (q: unknown): boolean => !/list/.test(line) || /api\.connect\./.test(JSON.stringify(q))
    expect(sorted(distinct(ours.asked).filter(own))).toEqual(sorted(distinct(real.asked).filter(own)))
  })

  it.each([
    ['uri', 'org.libvirt.api.connect.getattr'],
    ['net-define @network', 'org.libvirt.api.network.write'],
    ['net-define @network', 'org.libvirt.api.network.save'],
    ['net-list --all', 'org.libvirt.api.connect.search-networks'],
    ['pool-define @pool', 'org.libvirt.api.storage-pool.save'],
    ['nodeinfo', 'org.libvirt.api.connect.read'],
  ])('refuses %s by %s in the same words', async (line, action) => {
    refused = (question) => question.action === action
    const said = []
    for (const side of sides) said.push((await run(side, line)).stderr.replaceAll(`'${side.driver}'`, "'DRIVER'"))
    refused = () => false
    expect(said[1]).toBe(said[0])
    expect(said[0]).toContain("access denied: 'DRIVER' denied access")
  })
})
