// SPDX-License-Identifier: LGPL-2.1-or-later
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PolkitAuthority, polkitSubject } from '../src/polkit-authority.js'
import { noBus, noPolkit, PrivateBus, PrivatePolkit, Stranger, startTimeOf } from '../src/testing/private-polkit.js'
import { ScriptedPolkit } from '../src/testing/scripted-polkit.js'

if (noBus) console.warn(`SKIPPED: polkit over a bus (${noBus})`)
else if (noPolkit) console.warn(`SKIPPED: polkit's own authority (${noPolkit})`)

const policy = `<policyconfig><action id="org.example.do"><description>d</description><message>m</message>
  <defaults><allow_any>auth_admin</allow_any></defaults></action></policyconfig>`

describe.skipIf(noPolkit)('polkitd', () => {
  let bus: PrivateBus
  let polkit: PrivatePolkit
  const stranger = noPolkit === undefined ? new Stranger() : undefined
  beforeAll(async () => {
    bus = await PrivateBus.start()
    const rules = `polkit.addRule(function (action, subject) {
      if (action.lookup('thing') === 'good' && subject.pid === ${stranger?.pid} && subject.user === 'nobody') return 'yes'
      if (action.lookup('thing') === 'bad') return 'no'
    })`
    polkit = await PrivatePolkit.start(bus, rules, { 'org.example.policy': policy })
  })
  afterAll(async () => {
    await stranger?.stop()
    await polkit?.stop()
    await bus?.stop()
  })
  const subject = () => {
    const { pid, uid } = stranger as Stranger
    return { processId: pid, startTime: startTimeOf(pid), userId: uid }
  }
  const ask = (authority: PolkitAuthority, thing: string, action = 'org.example.do') =>
    authority.check({ subject: subject(), action, details: { thing } })

  it('hears who asks and about what, and its verdict is understood', async () => {
    const authority = new PolkitAuthority({ address: bus.address })
    expect(await ask(authority, 'good')).toMatchObject({ authorized: true })
    expect(await ask(authority, 'bad')).toMatchObject({ authorized: false, challenge: false })
    expect(await ask(authority, 'other')).toMatchObject({ authorized: false, challenge: true })
    await authority.close()
  })

  it('answers more questions at once than a bus lets one wait for', async () => {
    const authority = new PolkitAuthority({ address: bus.address })
    const all = await Promise.all(Array.from({ length: 400 }, (_, i) => ask(authority, i % 2 ? 'good' : 'bad')))
    expect(all.filter((v) => v.authorized)).toHaveLength(200)
    await authority.close()
  })

  it('says that it knows no such action', async () => {
    const authority = new PolkitAuthority({ address: bus.address })
    await expect(ask(authority, 'good', 'org.example.undo')).rejects.toMatchObject({
      number: 89,
      domain: 47,
      message:
        'error from service: GDBus.Error:org.freedesktop.PolicyKit1.Error.Failed: Action org.example.undo is not registered',
    })
    await authority.close()
  })

  it('tells when its rules change', async () => {
    const authority = new PolkitAuthority({ address: bus.address })
    expect(await ask(authority, 'fresh')).toMatchObject({ authorized: false })
    const changed = new Promise<void>((resolve) => authority.onChanged(resolve))
    polkit.replaceRules(`polkit.addRule(function () { return 'yes' })`)
    await changed
    expect(await ask(authority, 'fresh')).toMatchObject({ authorized: true })
    await authority.close()
  })
})

describe.skipIf(noBus)('a bus', () => {
  let bus: PrivateBus
  beforeAll(async () => {
    bus = await PrivateBus.start()
  })
  afterAll(() => bus?.stop())
  const question = { subject: { processId: 1, startTime: 1n, userId: 1 }, action: 'org.example.do' }

  it('without polkit says so in the words of D-Bus', async () => {
    const authority = new PolkitAuthority({ address: bus.address })
    await expect(authority.check(question)).rejects.toMatchObject({
      number: 89,
      message:
        'error from service: GDBus.Error:org.freedesktop.DBus.Error.ServiceUnknown: The name org.freedesktop.PolicyKit1 was not provided by any .service files',
    })
    await authority.close()
  })

  it('whose polkit does not answer ends at the deadline', async () => {
    const silent = await ScriptedPolkit.start(bus, () => undefined)
    const authority = new PolkitAuthority({ address: bus.address, deadline: 50 })
    await expect(authority.check(question)).rejects.toMatchObject({ code: 'operation-timeout' })
    await authority.close()
    await silent.stop()
  })

  it('carries the question as polkit documents it', async () => {
    const polkit = await ScriptedPolkit.start(bus, () => true)
    const authority = new PolkitAuthority({ address: bus.address })
    await authority.check({
      subject: { processId: 42, startTime: 1n << 40n, userId: 4_294_967_294 },
      action: 'org.example.do',
      details: { name: 'ü' },
    })
    expect(polkit.questions).toEqual([
      {
        kind: 'unix-process',
        subject: { pid: 42, 'start-time': 1n << 40n, uid: -2 },
        action: 'org.example.do',
        details: { name: 'ü' },
        flags: 0,
      },
    ])
    await authority.close()
    await polkit.stop()
  })

  it('hears of a question that nobody waits for any more', async () => {
    const polkit = await ScriptedPolkit.start(bus, () => undefined)
    const authority = new PolkitAuthority({ address: bus.address })
    const end = new AbortController()
    const asked = authority.check({ ...question, interactive: true }, end.signal)
    await polkit.asked(1)
    end.abort()
    await expect(asked).rejects.toMatchObject({ code: 'operation-timeout' })
    await polkit.cancelled(1)
    await authority.close()
    await polkit.stop()
  })

  it('that was lost is connected again, and what was answered does not hold any more', async () => {
    const other = await PrivateBus.start()
    const authority = new PolkitAuthority({ address: other.address })
    const first = await ScriptedPolkit.start(other, () => true)
    expect(await authority.check(question)).toMatchObject({ authorized: true })
    let changes = 0
    const changed = new Promise<void>((resolve) =>
      authority.onChanged(() => {
        changes++
        resolve()
      }),
    )
    await other.restart()
    await changed
    expect(changes).toBeGreaterThan(0)
    const second = await ScriptedPolkit.start(other, () => false)
    expect(await authority.check(question)).toMatchObject({ authorized: false })
    await authority.close()
    await first.stop()
    await second.stop()
    await other.stop()
  })
})

describe('a bus that is not there', () => {
  it('is named as libvirt does', async () => {
    const authority = new PolkitAuthority({ address: 'unix:path=/nonexistent/bus' })
    await expect(
      authority.check({ subject: { processId: 1, startTime: 1n, userId: 1 }, action: 'org.example.do' }),
    ).rejects.toMatchObject({
      number: 1,
      domain: 47,
      message: 'internal error: Unable to get system bus connection: Could not connect: No such file or directory',
    })
  })
})

describe('the subject', () => {
  it.each([
    ['of nobody', {}, 'No UNIX process ID available'],
    ['of a process that has ended', { processId: 4 }, 'No process start time available'],
    ['of a process without a user', { processId: 4, processTime: 5n }, 'No UNIX user ID available'],
    ['of a process', { processId: 4, processTime: 5n, unixUserId: 6 }, { processId: 4, startTime: 5n, userId: 6 }],
  ])('%s', (_, identity, subject) => {
    expect(polkitSubject(identity)).toEqual(subject)
  })
})
