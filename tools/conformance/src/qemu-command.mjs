// SPDX-License-Identifier: GPL-2.0-or-later
// Command lines of QEMU on the simulated host.
import { network, networkPort, storagePool } from '@virt/conf'
import {
  acceleratorOf,
  buildCommand,
  completeDisplays,
  cpusForStart,
  imagesOf,
  isServed,
  prepareDocument,
  sealSecret,
  volumeSource,
} from '@virt/qemu/testing'
import { formatCommand } from './command.mjs'

/** Random bytes of the simulated host: they count up. */
const bytes = (size) => Uint8Array.from({ length: size }, (_, i) => i & 0xff)
const masterKey = bytes(32)
const vector = bytes(16)

/** The secret that the simulated host has for a reference. */
function secretValue({ fakeSecretDriver }, what) {
  if (what.text !== undefined) return Buffer.from(what.text)
  return Buffer.from(fakeSecretDriver.value)
}

/** What a case's storage driver says of a volume: its name tells of its type. */
function volumeOf(files, c, source) {
  const role = (c.storagePools ?? []).find((one) => one.endsWith(`/${source.pool}.xml`))
  if (role === undefined) throw new Error(`Storage pool not found: no storage pool with matching name '${source.pool}'`)
  const pool = storagePool.parse(files.text(role))
  const [, type = 'block', name = source.volume] = /^([a-z]+)\+(.*)$/.exec(source.volume) ?? []
  return volumeSource(source, pool, { type, path: `/some/${type}/device/${name}` })
}

/** Numbers of descriptors, and what else a start brings, as `deps/qemu-test-env.json` tells of them. */
function resources(env, files, c, document) {
  const numbers = env.fileDescriptors
  const { driver, host } = env
  const interfaceOf = (alias) => document.devices.interfaces.find((one) => one.alias === alias)
  const vdpaDevice = (owner) => {
    const disk = document.devices.disks.find(({ source }) => `libvirt-${source.index}-storage` === owner)
    return disk === undefined ? undefined : (c.vdpaFds ?? []).find(({ device }) => device === disk.source.dev)
  }
  const fds = {
    monitor: () => 1729,
    'chardev-listen': () => numbers.chardevUnixListen,
    'chardev-file': () => numbers.chardevFile,
    'chardev-log': () => numbers.chardevLogFile,
    tap: (owner, index) => (interfaceOf(owner)?.type === 'ethernet' ? 3 : 102) + index,
    'vhost-net': (_owner, index) => 44 + index,
    'vhost-scsi': () => numbers.vhostScsi,
    'vhost-vsock': () => numbers.vsockVhost,
    vdpa: (owner) => vdpaDevice(owner)?.fd ?? numbers.vdpa,
    tpm: () => numbers.tpmPassthrough.device,
    'tpm-cancel': () => numbers.tpmPassthrough.cancel,
    'vhost-user-gpu': () => numbers.vhostUserGpu,
    disk: (group, index) => fdGroup(c, group)?.fds[index],
  }
  const { storageUseNbdkit = false } = c.driverConfig ?? {}
  const served = new Set(c.nbdkitCaps ?? [])
  const imageOf = (node) =>
    document.devices.disks
      .flatMap((disk) => imagesOf(disk).images)
      .find(({ index }) => `libvirt-${index}-storage` === node)
  const places = {
    'vhost-net': () => 'yes',
    'tpm-socket': () => numbers.tpmEmulatorSocket,
    'host-cdrom': (path) => (path === '/dev/cdrom' ? path : undefined),
    numad: () => driver.numadNodeset,
    'scsi-generic': () => host.scsiGeneric,
    'passt-socket': (alias) => `${driver.passtStateDir}/-1-${shortName(document.name)}-${alias}.socket`,
    'dbus-address': () => `unix:path=${driver.dbusStateDir}/-1-${shortName(document.name)}-dbus.sock`,
    'vsock-cid': () => String(numbers.vsockAutoCid),
    slirp: () => (c.slirpHelper ? String(numbers.slirpHelper) : undefined),
    nbdkit: (node) => {
      const source = imageOf(node)?.source
      return storageUseNbdkit && source !== undefined && isServed(source, served) ? 'yes' : undefined
    },
  }
  return {
    fd: (purpose, owner, index = 0) => fds[purpose](owner, index),
    place: (purpose, owner) => places[purpose]?.(owner),
    secret: (what) => sealSecret(secretValue(env, what), masterKey, vector),
    volume: (source) => volumeOf(files, c, source),
    fdGroup: (name) => fdGroup(c, name)?.fds.length ?? 0,
  }
}

const fdGroup = (c, name) => (c.fdGroups ?? []).find((one) => one.name === name)

/** The processor of the simulated host: a case's own, or the one that its architecture has. */
export function fakeProcessor({ hostCpus }, arch, name) {
  const usual = /^(?:x86_64|i686)$/.test(arch) ? 'core2duo' : arch.startsWith('ppc64') ? 'POWER8' : arch
  const { model, vendor, features = [] } = hostCpus[name] ?? hostCpus[usual] ?? {}
  return {
    arch,
    features: features.map((one) => ({ name: one })),
    pages: [],
    ...(model ? { model } : {}),
    ...(vendor ? { vendor } : {}),
  }
}

/** What processors are made definite by. Where a case names the host's, QEMU tells nothing of it. */
function cpusOf(env, c, caps, read) {
  const accelerator = acceleratorOf(read.type)
  const own = caps.accelerators[accelerator]
  const accelerators = { ...caps.accelerators, [accelerator]: own && { ...own, hostCpu: undefined } }
  const told = env.hostCpus[c.hostCpu] === undefined ? caps : { ...caps, accelerators }
  return cpusForStart(told, accelerator, {
    arch: c.arch,
    cpu: fakeProcessor(env, c.arch, c.hostCpu),
    addressBits: 0,
  })
}

/** Displays that choose a port get the first of their kind. */
const firstPorts = { vnc: 5900, spice: 5901 }
const numbered = (one) => {
  const chooses = (one.port ?? -1) === -1 && (one.type === 'vnc' || one.autoport === true)
  return chooses && firstPorts[one.type] !== undefined ? { ...one, port: firstPorts[one.type] } : one
}

/** Name that a guest has in paths. */
const shortName = (name) => name.slice(0, 20)

/** A file among those of a case, by the name of what it describes. */
const fileOf = (files, roles, name) => {
  const role = (roles ?? []).find((one) => one.endsWith(`/${name}.xml`))
  return role === undefined ? undefined : files.text(role)
}

/** An interface that its network, `NETWORK;PORT`, gave a device of the host. */
function withPort(files, c, net) {
  if (net.type !== 'network') return net
  const [, port] = (net.source?.network ?? '').split(';')
  const text = fileOf(files, c.networkPorts, port)
  if (text === undefined) return net
  const { plug } = networkPort.parse(text)
  if (plug?.type !== 'hostdev-pci') return net
  return { ...net, actual: { type: 'hostdev', managed: plug.managed, source: { address: plug.address } } }
}

/** A display that listens on the address of a network. */
function withAddress(files, c, graphics) {
  if (graphics.listens === undefined) return graphics
  const listens = graphics.listens.map((one) => {
    const text = one.type === 'network' ? fileOf(files, c.networks, (one.network ?? '').split(';')[0]) : undefined
    return text === undefined ? one : { ...one, address: network.parse(text).ips[0]?.address }
  })
  return { ...graphics, listens }
}

/** A document whose networks are known. */
function connected(files, c, document) {
  const { devices } = document
  const interfaces = devices.interfaces.map((net) => withPort(files, c, net))
  const graphics = devices.graphics.map((one) => withAddress(files, c, one))
  return { ...document, devices: { ...devices, interfaces, graphics } }
}

/** The command line of a document, as the corpus writes it. */
export function commandOf({ env, files, host: fake, c, caps, read }) {
  const cpus = cpusOf(env, c, caps, read)
  const { driver, host } = env
  const { unset: _, ...variables } = env.environmentVariables
  const config = c.driverConfig ?? {}
  const settings = {
    dumpGuestCore: config.dumpGuestCore ?? false,
    seccompSandbox: 'default',
    logTimestamp: true,
    vncTls: config.vncTLS ?? false,
    vncTlsVerify: config.vncTLSx509verify ?? false,
    vncTlsDir: driver.tlsDirs.vnc,
    vncSasl: config.vncSASL ?? false,
    vncSaslDir: driver.vncSASLdir,
    vncPassword: undefined,
    vncAutoUnixSocket: config.vncAutoUnixSocket ?? false,
    spiceTls: config.spiceTLS ?? false,
    spiceTlsDir: driver.tlsDirs.spice,
    spiceSasl: config.spiceSASL ?? false,
    spiceSaslDir: driver.spiceSASLdir,
    spicePassword: driver.spicePassword,
    spiceAutoUnixSocket: config.spiceAutoUnixSocket ?? false,
    chardevTls: config.chardevTLS ?? false,
    chardevTlsDir: driver.tlsDirs.chardev,
    chardevTlsVerify: config.chardevTLSx509verify ?? false,
    chardevTlsSecret: config.chardevTLSx509secretUUID ?? undefined,
    nbdTlsDir: driver.tlsDirs.nbd,
    nbdTlsSecret: config.nbdTLSx509secretUUID ?? undefined,
    vxhsTlsDir: driver.tlsDirs.vxhs,
    hugetlbfs: driver.hugetlbfs.map((one) => ({
      path: one.path,
      size: BigInt(one.sizeKiB),
      isDefault: one.default === true,
    })),
    memoryBackingDir: driver.memoryBackingDir,
  }
  const lib = `${driver.libDir}/domain--1-${shortName(read.name)}`
  const choices = {
    vncListen: '127.0.0.1',
    spiceListen: '127.0.0.1',
    vncAutoUnixSocket: settings.vncAutoUnixSocket,
    spiceAutoUnixSocket: settings.spiceAutoUnixSocket,
    lib,
    renderNode: () => host.drmRenderNode,
  }
  const document = prepareDocument(connected(files, c, read), {
    cpus,
    settings: fake.settings,
    incoming: c.migrateFrom !== undefined,
    graphics: (list) => completeDisplays(list, choices).map(numbered),
  })
  const command = buildCommand(document, {
    caps,
    settings,
    id: -1,
    paused: true,
    incoming: c.migrateFrom === 'stdio' ? `fd:${c.migrateFd}` : c.migrateFrom,
    host: {
      arch: c.arch,
      pageSize: BigInt(host.pageSize / 1024),
      environment: { ...variables, ...c.env },
      now: env.time.nowEpochSeconds * 1000,
      utcOffset: () => -30 * 60,
      numaNodes: [0, 1, 2, 3],
      // Four processors to a node.
      nodesOf: (cpus) => [...new Set(cpus.map((cpu) => cpu >> 2))],
    },
    paths: {
      lib,
      channelTarget: driver.channelTargetDir,
    },
    start: resources(env, files, c, document),
  })
  return formatCommand({ ...command, program: document.devices.emulator ?? command.program })
}
