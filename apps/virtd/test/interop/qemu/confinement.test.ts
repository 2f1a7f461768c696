// SPDX-License-Identifier: GPL-2.0-or-later
// What keeps a guest from its host: the same with virtd as with a real libvirtd, down to every number.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Domain } from '@virt/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ensure } from '../../../../../tools/setup/system-parts.mjs'
import { bootDisk, guestXml } from './guest.js'
import { PrivateHost, type RunningDaemon } from './private-host.js'

const qemu = await ensure('qemu')
const libvirtd = await ensure('libvirtd')
if (!qemu.ok || !libvirtd.ok) console.error("SKIPPED: guests' confinement compared with libvirtd's")

const tuned = `<vcpu>2</vcpu><iothreads>1</iothreads>
  <cputune><shares>700</shares><quota>50000</quota><vcpupin vcpu='1' cpuset='0'/><emulatorpin cpuset='0'/></cputune>
  <memtune><soft_limit unit='MiB'>900</soft_limit></memtune><blkiotune><weight>300</weight></blkiotune>`

/** Lines of a process's file of /proc. */
function lines(pid: number, file: string, wanted: RegExp): string[] {
  return readFileSync(`/proc/${pid}/${file}`, 'utf8')
    .split('\n')
    .filter((line) => wanted.test(line))
}

/** Groups of a guest, and what they are set to. */
function groupsOf(pid: number): Record<string, string> {
  const found: Record<string, string> = {}
  for (const line of lines(pid, 'cgroup', /machine/)) {
    const [, controllers = '', path = ''] = line.split(':')
    const top = path.split('/').slice(0, 3).join('/')
    const files: Record<string, string[]> = {
      cpu: ['cpu.shares', 'cpu.cfs_quota_us'],
      cpuset: ['cpuset.cpus', 'cpuset.mems'],
      memory: ['memory.soft_limit_in_bytes'],
      blkio: ['blkio.bfq.weight'],
      devices: ['devices.list'],
    }
    const folder = join('/sys/fs/cgroup', controllers, top)
    const below = readdirSync(folder).filter((name) => /^(?:emulator|vcpu\d+|iothread\d+)$/.test(name))
    for (const group of ['.', ...below])
      for (const file of [...(files[controllers] ?? []), 'cgroup.procs']) {
        const text = spawnSync('cat', [join(folder, group, file)], { encoding: 'utf8' }).stdout.trim()
        const value = file === 'cgroup.procs' ? String(text.split('\n').includes(String(pid))) : text
        found[`${controllers} ${top}/${group} ${file}`] = value
          .split('\n')
          // The older level knows fewer devices.
          .filter((rule) => !rule.startsWith('c 10:'))
          .sort()
          .join(', ')
      }
  }
  return found
}

/** Everything that is compared. */
async function facts(host: PrivateHost, domain: Domain): Promise<object> {
  const pid = Number(readFileSync(join(host.root, 'run/qemu/guest.pid'), 'utf8'))
  const ns = lines(pid, 'mountinfo', / \/dev /).map((line) => line.replace(/^[\d:. ]+/, ''))
  const devices = readdirSync(`/proc/${pid}/root/dev`).sort()
  const statusFile = readFileSync(join(host.root, 'run/qemu/guest.xml'), 'utf8')
  return {
    identity: lines(pid, 'status', /^(?:Uid|Gid|Groups|Cap(?:Prm|Eff|Inh|Amb)|NoNewPrivs|Seccomp):/),
    limits: lines(pid, 'limits', /core|locked/),
    affinity: lines(pid, 'status', /^Cpus_allowed_list/),
    groups: groupsOf(pid),
    devices: devices.filter((name) => !['kvm', 'userfaultfd'].includes(name)),
    ownDev: ns,
    labels: (await domain.securityLabels()).map(({ label }) => label),
    seclabel: /<seclabel[\s\S]*<\/seclabel>/.exec(await domain.xmlDesc())?.[0],
    partition: /<partition>.*/.exec(await domain.xmlDesc())?.[0],
    aliases: [...statusFile.matchAll(/<device alias='([^']+)'/g)].map(([, alias]) => alias).sort(),
    status: ['namespaces', 'rememberOwner', 'blockjobs'].map(
      (name) => new RegExp(`^ {2}<${name}(?:[^>]*/>|[\\s\\S]*?</${name}>)`, 'm').exec(statusFile)?.[0],
    ),
    owners: ['boot.img', 'lib/qemu/domain-1-guest', 'lib/qemu/domain-1-guest/master-key.aes'].map((path) => {
      const { uid, gid, mode } = statSync(join(host.root, path))
      return `${basename(path)} ${uid}:${gid} ${(mode & 0o777).toString(8)}`
    }),
  }
}

describe.skipIf(!qemu.ok || !libvirtd.ok)('a guest', () => {
  const found: object[] = []
  beforeAll(async () => {
    for (const which of ['libvirtd', 'virtd'] as const) {
      await using host = await PrivateHost.make()
      await using daemon: RunningDaemon = await host.start(which)
      const xml = guestXml({ disk: bootDisk(host.root) }).replace('<os>', `${tuned}<os>`)
      const domain = await daemon.conn.domains.create(xml)
      found.push(await facts(host, domain))
      await domain.destroy()
      found.push({
        owner: statSync(join(host.root, 'boot.img')).uid,
        groups: readdirSync('/sys/fs/cgroup/cpu/machine').filter((name) => name === 'qemu-1-guest.libvirt-qemu'),
      })
    }
  }, 120_000)
  afterAll(() => {
    found.length = 0
  })

  it('is confined as with libvirtd', () => expect(found[2]).toEqual(found[0]))
  it('leaves nothing behind, as with libvirtd', () => {
    expect(found[3]).toEqual(found[1])
    expect(found[3]).toEqual({ owner: 0, groups: [] })
  })
})
