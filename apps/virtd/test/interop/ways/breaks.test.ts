// SPDX-License-Identifier: GPL-2.0-or-later
// Daemons that hang or hang up, at each step of a connection: ours ends as libvirt's client does, and within its deadline.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, isVirtError } from '@virt/core'
import { remote } from '@virt/remote'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { opensslIsThere } from '../../../../../tools/test/certificates.mjs'
import { type Break, type Breaking, breaksAfter, type TlsStop, tlsStops } from './breaks.js'
import { LibvirtClient, late, libvirtIsThere, OurClient, type Outcome } from './clients.js'
import { Certificates, type Doors, openLibvirtd, openVirtd, Passwords } from './setting.js'

const able = process.getuid?.() === 0 && libvirtIsThere && opensslIsThere
if (!able) console.warn('SKIPPED: daemons that break (needs root, openssl, libvirt-daemon and python3-libvirt)')

/** What is hanging hangs for ever: after so long nobody waits any more, ms. */
const patience = 1500
const folder = mkdtempSync(join(tmpdir(), 'virt-breaks-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** At both daemons, together: most of the time nobody does anything. */
const each = (daemons: Record<string, Doors>, work: (at: Doors) => Promise<void>): Promise<unknown> =>
  Promise.all(Object.values(daemons).map(work))

const how: readonly Break[] = ['hang', 'cut']
/** Somebody has hung up. What libvirt says depends on whether it was about to read or to write. */
const hungUp = /^(End of file while reading data: Input\/output error|internal error: client socket is closed)$/
const over = { code: 38, domain: 7, message: 'End of file while reading data: Input/output error' }

describe.skipIf(!able)('daemons that stop in the middle', () => {
  const pki = able ? new Certificates(join(folder, 'pki')) : undefined
  const auth = new Passwords(join(folder, 'auth'))
  const settings = 'listen_tls = 0\nlisten_tcp = 1\nauth_unix_rw = "none"\nauth_unix_ro = "none"\n'
  let open: Record<'libvirtd' | 'virtd', Doors>
  let guarded: Record<'libvirtd' | 'virtd', Doors>
  beforeAll(async () => {
    const both = async (text: string) => {
      const [libvirtd, virtd] = await Promise.all([openLibvirtd(settings + text), openVirtd(settings + text)])
      return { libvirtd, virtd }
    }
    open = await both('auth_tcp = "none"\n')
    guarded = await both('auth_tcp = "sasl"\n')
  }, 60_000)
  afterAll(async () => {
    for (const daemons of [open, guarded]) for (const daemon of Object.values(daemons ?? {})) await daemon.stop()
  })

  /** What both clients make of a peer. */
  async function outcomes(peer: Breaking, uri: string): Promise<{ libvirt: Outcome; ours: Outcome }> {
    const libvirt = new LibvirtClient({ HOME: folder })
    const wish = { uri, patience }
    const [model, answer] = await Promise.all([libvirt.connect(wish), new OurClient().connect(wish)])
    await libvirt.stop()
    peer.stop()
    const neutral = (outcome: Outcome): Outcome =>
      'message' in outcome ? { ...outcome, message: outcome.message.replace(String(peer.port), 'PORT') } : outcome
    return { libvirt: neutral(model), ours: neutral(answer) }
  }

  describe.each(how)('%s', (break_) => {
    it.each([0, 1, 2, 3])('after %i packets', async (packets) => {
      await each(open, async (at) => {
        const peer = await breaksAfter(at.tcp, packets, break_)
        const { libvirt, ours } = await outcomes(peer, `test+tcp://127.0.0.1:${peer.port}/default`)
        expect(libvirt).toMatchObject(break_ === 'hang' ? late : { message: expect.stringMatching(hungUp) })
        expect(ours).toEqual(break_ === 'hang' ? late : over)
      })
    })

    it.each([1, 2, 3])('after %i packets where passwords are wanted', async (packets) => {
      await each(guarded, async (at) => {
        const peer = await breaksAfter(at.tcp, packets, break_)
        const uri = `test+tcp://127.0.0.1:${peer.port}/default?authfile=${auth.of('right')}`
        const { libvirt, ours } = await outcomes(peer, uri)
        expect(libvirt).toMatchObject(break_ === 'hang' ? late : { message: expect.stringMatching(hungUp) })
        expect(ours).toEqual(break_ === 'hang' ? late : over)
      })
    })

    it.each(['before the handshake', 'before the byte', 'with another byte'] as const)(
      'TLS: %s',
      async (stop: TlsStop) => {
        const peer = await tlsStops(pki?.of('daemon') ?? '', stop, break_)
        const uri = `test+tls://localhost:${peer.port}/default?pkipath=${pki?.of('good')}`
        const { libvirt, ours } = await outcomes(peer, uri)
        const refused = {
          code: 39,
          message: 'server verification (of our certificate or IP address) failed',
        }
        if (stop === 'with another byte') expect(libvirt).toMatchObject(refused)
        else expect(libvirt).toMatchObject(break_ === 'hang' ? late : { code: expect.any(Number) })
        // The words of a handshake are those of the library below; an end without a byte is told from one without a
        // goodbye by libvirt only.
        if (stop === 'before the handshake' && break_ === 'cut')
          expect({ ...ours, message: '' }).toEqual({ ...libvirt, message: '' })
        else if (stop === 'before the byte' && break_ === 'cut')
          expect([libvirt, ours]).toMatchObject([
            refused,
            { message: 'Unable to read TLS confirmation: Input/output error' },
          ])
        else expect(ours).toEqual(libvirt)
      },
    )
  })

  it('a daemon that is frozen ends connections that watch it, with the same words', { timeout: 60_000 }, async () => {
    const said: Record<string, string> = {}
    for (const [name, at] of Object.entries(open)) {
      const uri = `test+unix:///default?socket=${at.unix}`
      const conn = await connect(uri, { drivers: [remote({ keepAlive: { interval: 1, count: 2 } })] })
      const virsh = spawn('virsh', ['-k', '1', '-K', '2', '-c', uri, 'event', '--event', 'lifecycle', '--loop'], {
        env: { ...process.env, LC_ALL: 'C' },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      let error = ''
      virsh.stderr.on('data', (chunk: Buffer) => {
        error += chunk.toString()
      })
      const ended = new Promise<void>((resolve) => virsh.once('close', () => resolve()))
      // It is there when it is counted among the listeners.
      await conn.domains.byName('test')
      await new Promise((resolve) => setTimeout(resolve, 500))
      process.kill(at.pid as number, 'SIGSTOP')
      try {
        const failed = await conn.domains.byName('test').catch((error: unknown) => error)
        expect(isVirtError(failed) && failed).toMatchObject({
          code: 'connection-lost',
          message: 'internal error: connection closed due to keepalive timeout',
        })
        await ended
        said[name] = error.replace(at.unix, 'SOCKET')
      } finally {
        process.kill(at.pid as number, 'SIGCONT')
        await conn.close()
        virsh.kill()
      }
    }
    expect(said.virtd).toBe(said.libvirtd)
  })
})
