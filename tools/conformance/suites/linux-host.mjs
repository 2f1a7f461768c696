// SPDX-License-Identifier: GPL-2.0-or-later
// What is read of a Linux host: processors, NUMA nodes, caches, firmware.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { capabilities, hostSysinfo } from '@virt/conf'
import { VirtError } from '@virt/core'
import {
  cgroupControllers,
  cgroupMounts,
  cpuSignature,
  HostFiles,
  hostTopology,
  readArmSysinfo,
  readCpuTimes,
  readDmiSysinfo,
  readNodeInfo,
  readPpcSysinfo,
  readS390Sysinfo,
} from '@virt/linux'
import { inScratch, unpackTree } from '../src/tree.mjs'

export const names = ['vircaps2xml', 'virhostcpu', 'sysinfo', 'vircgroup']

/** Runs `fn` with the files of a host: packed trees by folder, texts by path. */
const withHost = (trees, texts, fn) =>
  inScratch((root) => {
    for (const [folder, tree] of Object.entries(trees)) if (tree !== undefined) unpackTree(tree, join(root, folder))
    for (const [path, text] of Object.entries(texts)) {
      mkdirSync(join(root, path, '..'), { recursive: true })
      writeFileSync(join(root, path), text)
    }
    return fn(new HostFiles(root))
  })

/** The suite's host has memory of its own: node N has N + 1 GiB, and pages of three sizes. */
function withMemory({ id, ...cell }) {
  const sizes = [4n, 2048n, 1048576n]
  const pages = sizes.map((size, i) => ({ unit: 'KiB', size, count: BigInt(id + i + 1) * 2048n }))
  return { ...cell, id, memory: BigInt(id + 1) << 20n, pages, distances: [] }
}

async function hostCapabilities(c, files) {
  const { topology, ...rest } = await hostTopology(files)
  const cells = topology.cells.cells.map(withMemory)
  return {
    guests: [],
    host: {
      cpu: { arch: c.arch, features: [], pages: [] },
      powerManagement: {},
      iommu: { support: false },
      migrationFeatures: c.offlineMigrate || c.liveMigrate ? { live: c.liveMigrate, uriTransports: [] } : undefined,
      securityModels: [],
      topology: { ...topology, cells: { cells } },
      ...rest,
    },
  }
}

async function infoLine(files, arch) {
  // Of POWER the suite's host hands out whole cores.
  const threadsPerSubcore = arch.startsWith('ppc64') ? 8 : undefined
  const { cpus, mhz, nodes, sockets, cores, threads } = await readNodeInfo(files, arch, { threadsPerSubcore })
  const total = nodes * sockets * cores * threads
  return `CPUs: ${cpus}/${total}, MHz: ${mhz}, Nodes: ${nodes}, Sockets: ${sockets}, Cores: ${cores}, Threads: ${threads}\n`
}

async function timesOf(files, count) {
  const tick = 10_000_000n
  let text = ''
  for (let cpu = -1; cpu < count; cpu++) {
    const times = await readCpuTimes(files, cpu < 0 ? undefined : cpu)
    text += `cpu${cpu < 0 ? '' : cpu}:\n`
    for (const key of ['kernel', 'user', 'idle', 'iowait']) text += `${key}: ${times[key] / tick}\n`
    text += '\n'
  }
  return text
}

/** The suite's dmidecode. */
const oemStrings = {
  2: 'Some valid OEM string\n',
  3: 'Ha ha ha try parsing\\n\n      String 3: this correctly\n      String 4:then\n',
}
async function oemString(number) {
  const text = oemStrings[number]
  if (text === undefined) throw new VirtError(`no OEM string ${number}`, { code: 'internal-error' })
  return text
}

function sysinfoOf(c, files) {
  const text = (role) => (c[role] === undefined ? undefined : files.text(c[role]))
  if (c.reader === 'dmi' || (c.reader === 'arm' && c.sysinfo !== undefined))
    return readDmiSysinfo(text('sysinfo'), oemString)
  if (c.reader === 'arm') return readArmSysinfo(text('cpuinfo'))
  if (c.reader === 'ppc') return readPpcSysinfo(text('cpuinfo'))
  if (c.reader === 's390') return readS390Sysinfo(text('sysinfo'), text('cpuinfo'))
  throw new Error(`no reader ${c.reader}`)
}

export const suites = {
  vircgroup: {
    facts: ['mode', 'expect', 'mounts', 'cgroups', 'selfCgroup'],
    run: (c, { check, files }) =>
      check.role('mounts', 'expected', () => {
        const { controllers, unified } = cgroupMounts(files.text(c.mounts), files.text(c.selfCgroup))
        const rows = [
          ...cgroupControllers.map((name) => [name, controllers.get(name)?.mount]),
          ['unified', unified?.mount],
        ]
        return rows.map(([name, path]) => `${name.padEnd(12)} ${path ?? '<null>'}\n`).join('')
      }),
  },
  vircaps2xml: {
    facts: ['arch', 'offlineMigrate', 'liveMigrate', 'sysTree', 'resctrlTree'],
    async run(c, { check, files }) {
      const tree = (role) => (c[role] === undefined ? undefined : files.json(c[role]))
      const trees = { 'sys/devices/system': tree('sysTree'), 'sys/fs/resctrl': tree('resctrlTree') }
      await check.role('xml', 'expectedXml', () =>
        withHost(trees, {}, async (host) => capabilities.print(await hostCapabilities(c, host))),
      )
    },
  },
  virhostcpu: {
    facts: ['op', 'arch', 'cpuinfo', 'sysTree', 'stat', 'ncpus'],
    async run(c, { check, files }) {
      if (c.op === 'stats') {
        const produce = () => withHost({}, { 'proc/stat': files.text(c.stat) }, (host) => timesOf(host, c.ncpus))
        if (c.expect === 'failure') return check.fails('stats', produce)
        return check.role('stats', 'expected', produce)
      }
      if (c.op !== 'info') throw new Error('not implemented')
      const cpuinfo = files.text(c.cpuinfo)
      const trees = { 'sys/devices/system': files.json(c.sysTree) }
      await check.role('info', 'expected', () =>
        withHost(trees, { 'proc/cpuinfo': cpuinfo }, (host) => infoLine(host, c.arch)),
      )
      await check.role('signature', 'expectedSignature', () => {
        const signature = cpuSignature(cpuinfo, c.arch)
        return signature === undefined ? null : `${signature}\n`
      })
    },
  },
  sysinfo: {
    facts: ['reader', 'sysinfo', 'cpuinfo'],
    async run(c, { check, files }) {
      await check.role('xml', 'expectedXml', async () => hostSysinfo.print(await sysinfoOf(c, files)))
    },
  },
}
