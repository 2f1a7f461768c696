// SPDX-License-Identifier: GPL-2.0-or-later
// The kernel that test guests run: Debian's for clouds, unpacked below node_modules. It is never installed: the machine's own boot is no
// business of tests.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'

const folder = join(import.meta.dirname, '../../node_modules/.cache/guest-kernel')

/**
 * The kernel, which is fetched with apt when it is not there yet.
 * @returns {{ ok: true, image: string, modules: string } | { ok: false, why: string }} paths of the kernel and of the folder of its
 * modules, or why it cannot be had
 */
export function guestKernel() {
  if (existsSync(folder)) return found()
  const refuse = (why) => ({ ok: false, why })
  if (!existsSync('/etc/debian_version')) return refuse('not Debian')
  mkdirSync(dirname(folder), { recursive: true })
  const scratch = mkdtempSync(`${folder}-`)
  const run = (command, ...args) => spawnSync(command, args, { cwd: scratch, encoding: 'utf8' })
  try {
    // The package of this name only names the one of the day.
    const fetch = () => {
      const { stdout } = run('apt-cache', 'depends', 'linux-image-cloud-amd64')
      const name = /Depends: (linux-image-\S+)/.exec(stdout ?? '')?.[1]
      return name === undefined ? undefined : run('apt-get', '-q', 'download', name)
    }
    let done = fetch()
    if (done?.status !== 0 && process.getuid?.() === 0) {
      run('apt-get', '-q', '-o', 'DPkg::Lock::Timeout=300', 'update')
      done = fetch()
    }
    const file = readdirSync(scratch).find((one) => one.endsWith('.deb'))
    if (file === undefined)
      return refuse(`the kernel cannot be downloaded: ${done?.stderr?.trim() ?? 'no such package'}`)
    const unpacked = run('dpkg-deb', '-x', file, 'root')
    if (unpacked.status !== 0) return refuse(unpacked.stderr)
    // Two that do this at a time make the same; the first stays.
    if (!existsSync(folder)) renameSync(join(scratch, 'root'), folder)
    return found()
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

function found() {
  const image = readdirSync(join(folder, 'boot')).find((name) => name.startsWith('vmlinuz-'))
  const [release] = readdirSync(join(folder, 'lib/modules'))
  return { ok: true, image: join(folder, 'boot', image), modules: join(folder, 'lib/modules', release) }
}
