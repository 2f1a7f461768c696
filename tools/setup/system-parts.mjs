// SPDX-License-Identifier: GPL-2.0-or-later
// Parts of the system that a lane of the tests needs, by apt where that is possible: `ensure('virsh')`.
// Also a program: `node tools/setup/system-parts.mjs LANE…`.
import { spawnSync } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'

// Why each stands here: libvirt-daemon has libvirtd, its driver-qemu the only hypervisor it insists on, and
// libvirt-daemon-system the users and groups without which libvirtd does not start. No script of theirs starts anything.
const libvirtd = [
  'libvirt-clients',
  'libvirt-daemon',
  'libvirt-daemon-system',
  'libvirt-daemon-driver-qemu',
  'iproute2',
]
const compiler = ['gcc', 'libc6-dev', 'libvirt-dev', 'pkg-config']

/** Debian packages of each lane. */
export const packagesOf = {
  virsh: ['libvirt-clients'],
  libvirtd,
  python: ['python3-libvirt'],
  bindings: [
    ...compiler,
    'python3-libvirt',
    'libsys-virt-perl',
    'php-cli',
    // The package without a version in its name only recommends it.
    'php8.2-libvirt-php',
    'ruby-libvirt',
    'libvirt-ocaml-dev',
    'ocaml-findlib',
    'ocaml-nox',
    'golang-go',
    'golang-github-libvirt-libvirt-go-dev',
    'golang-github-digitalocean-go-libvirt-dev',
    'gir1.2-libvirt-glib-1.0',
    'python3-gi',
    'gjs',
  ],
  polkit: ['polkitd', 'dbus-daemon'],
  clients: ['virtinst', 'libvirt-dbus', 'dbus', 'libglib2.0-bin', 'prometheus-libvirt-exporter', 'curl'],
  ways: [
    ...libvirtd,
    'python3-libvirt',
    'openssl',
    'gnutls-bin',
    'openssh-client',
    'openssh-server',
    'netcat-openbsd',
    'sasl2-bin',
    'libsasl2-modules',
    'libsasl2-modules-gssapi-mit',
    'krb5-kdc',
    'krb5-admin-server',
    'krb5-user',
    'policykit-1',
    'dbus',
  ],
  metrics: ['prometheus', 'prometheus-libvirt-exporter'],
  snmp: ['snmp', 'snmpd', 'snmptrapd', 'smitools'],
  // Real guests: the program, its images' tool, the kernel's unpacking, and a userland of one file.
  qemu: ['qemu-system-x86', 'qemu-utils', 'busybox-static', 'cpio'],
  // An agent for guests of Linux; here it is only taken from its package into them.
  agent: ['qemu-guest-agent', 'e2fsprogs'],
  // UEFI for guests, with the descriptors that it is chosen by.
  firmware: ['ovmf'],
  // In newer Debians virtiofsd is a package of its own; in older ones it comes with QEMU.
  helpers: ['swtpm', 'swtpm-tools', 'passt', 'qemu-system-common'],
  bench: [...libvirtd, ...compiler, 'python3-libvirt'],
}

const guard = '/usr/sbin/policy-rc.d'
const lock = '/run/lock/virt-system-parts'

/** Makes sure that a lane's packages are there. @returns `{ ok: true }`, or why they cannot be had */
export async function ensure(lane) {
  const packages = packagesOf[lane]
  if (packages === undefined) throw new Error(`no lane is called ${lane}`)
  const missing = without(packages)
  if (missing.length === 0) return { ok: true }
  const refuse = (why) => ({ ok: false, why: `${why}; missing: ${missing.join(' ')}` })
  if (!existsSync('/etc/debian_version')) return refuse('not Debian')
  if (process.getuid?.() !== 0) return refuse('not root')
  process.stderr.write(`installing ${missing.join(' ')} …\n`)
  // One at a time, over all processes: the guard below belongs to exactly one of them.
  const script = ['--locked', ...missing]
  const result = spawnSync('flock', ['-w', '900', lock, process.execPath, import.meta.filename, ...script], options)
  return result.status === 0 ? { ok: true } : refuse(lastLines(result))
}

const options = { encoding: 'utf8', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, maxBuffer: 1 << 28 }

/** Which of the packages are not installed; one query for all. */
function without(packages) {
  const query = spawnSync('dpkg-query', ['-s', ...packages], options)
  const found = new Set(
    (query.stdout ?? '')
      .split('\n\n')
      .filter((text) => /^Status: install ok installed$/m.test(text))
      .map((text) => /^Package: (.+)$/m.exec(text)?.[1]),
  )
  return packages.filter((name) => !found.has(name))
}

/** Installs without letting any package start a daemon. */
function install(packages) {
  const missing = without(packages)
  if (missing.length === 0) return { status: 0 }
  const guarded = existsSync(guard)
  if (!guarded) writeFileSync(guard, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    const apt = (...args) => spawnSync('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=300', ...args], options)
    const add = () => apt('install', '-y', '--no-install-recommends', ...missing)
    // The lists may be there and good enough: most machines need no update, a fresh container always does.
    const first = add()
    if (first.status === 0) return first
    apt('update')
    return add()
  } finally {
    if (!guarded) rmSync(guard, { force: true })
  }
}

function lastLines({ stderr, stdout, error }) {
  return (stderr || stdout || error?.message || 'it was killed').trim().split('\n').slice(-3).join(' / ')
}

if (process.argv[1] === import.meta.filename) {
  const [first, ...rest] = process.argv.slice(2)
  if (first === '--locked') {
    const result = install(rest)
    if (result.status !== 0) process.stderr.write(`${lastLines(result)}\n`)
    process.exit(result.status ?? 1)
  }
  let failed = false
  for (const lane of process.argv.slice(2)) {
    const { ok, why } = await ensure(lane)
    console.log(ok ? `${lane}: ready` : `${lane}: ${why}`)
    failed ||= !ok
  }
  process.exit(failed ? 1 : 0)
}
