// SPDX-License-Identifier: GPL-2.0-or-later
// Parts of the system that a lane of the tests needs, by apt where that is possible: `ensure('virsh')`.
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, rmSync, writeFileSync } from 'node:fs'

/** Debian packages of each lane. */
export const packagesOf = {
  virsh: ['libvirt-clients'],
  libvirtd: ['libvirt-clients', 'libvirt-daemon', 'libvirt-daemon-system', 'libvirt-daemon-driver-qemu', 'iproute2'],
  python: ['python3-libvirt'],
  bindings: [
    'libvirt-dev',
    'gcc',
    'libc6-dev',
    'pkg-config',
    'python3-libvirt',
    'libsys-virt-perl',
    'php-cli',
    'php-libvirt-php',
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
  clients: ['virtinst', 'libvirt-dbus', 'dbus', 'libglib2.0-bin', 'prometheus-libvirt-exporter', 'curl'],
  bench: ['python3-libvirt', 'gcc', 'libc6-dev', 'libvirt-dev', 'libvirt-clients', 'libvirt-daemon', 'libvirt-daemon-system', 'iproute2'],
}

let updated = false

/** Makes sure that a lane's packages are there. @returns `{ ok: true }`, or why they cannot be had */
export async function ensure(lane) {
  const packages = packagesOf[lane]
  if (packages === undefined) throw new Error(`no lane is called ${lane}`)
  const missing = packages.filter((name) => !installed(name))
  if (missing.length === 0) return { ok: true }
  if (process.getuid?.() !== 0)
    return { ok: false, why: `not root, and these packages are missing: ${missing.join(' ')}` }
  if (!existsSync('/etc/debian_version'))
    return { ok: false, why: `not Debian, and these packages are missing: ${missing.join(' ')}` }
  return apt(missing)
}

function installed(name) {
  const query = spawnSync('dpkg-query', ['-W', '-f', '${Status}', name], { encoding: 'utf8' })
  return query.status === 0 && query.stdout.includes('install ok installed')
}

/** Installs without letting any package start a daemon. */
function apt(packages) {
  const guard = '/usr/sbin/policy-rc.d'
  const guarded = existsSync(guard)
  if (!guarded) {
    writeFileSync(guard, '#!/bin/sh\nexit 101\n')
    chmodSync(guard, 0o755)
  }
  try {
    const options = { encoding: 'utf8', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, timeout: 900_000 }
    const call = (...args) => spawnSync('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=300', ...args], options)
    if (!updated) call('update')
    updated = true
    const result = call('install', '-y', '--no-install-recommends', ...packages)
    if (result.status === 0) return { ok: true }
    return {
      ok: false,
      why: `apt-get install ${packages.join(' ')} failed: ${(result.stderr || result.stdout || '').trim().split('\n').slice(-3).join(' / ')}`,
    }
  } finally {
    if (!guarded) rmSync(guard, { force: true })
  }
}

if (process.argv[1] === import.meta.filename) {
  let failed = false
  for (const lane of process.argv.slice(2)) {
    const { ok, why } = await ensure(lane)
    console.log(ok ? `${lane}: ready` : `${lane}: ${why}`)
    failed ||= !ok
  }
  process.exit(failed ? 1 : 0)
}
