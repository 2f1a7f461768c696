// SPDX-License-Identifier: LGPL-2.1-or-later
// A guest's own /dev: nothing is in it but the devices that the guest has. Its process begins in a mount namespace with it.
import type { Stats } from 'node:fs'
import { lstat, mkdir, readFile, readlink, rmdir } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import type { Domain } from '@virt/conf'
import { ErrorDomain, systemFailure } from '@virt/core'
import type { Descriptor, MountStep } from '@virt/native'
import { type GuestFile, guestFiles } from '../security/guest-files.js'
import type { QemuState } from '../state.js'
import { ownDevices, usualDevices } from './device-access.js'
import { numberText } from './device-number.js'

const dev = '/dev'
/** Links that lead to links that lead to… */
const mostLinks = 32

const isBelow = (path: string, folder: string): boolean => path.startsWith(`${folder}/`)

/** Whether guests get a /dev of their own. */
export function hasPrivateDevices({ security, settings }: QemuState): boolean {
  return security.owner !== undefined && (settings.namespaces ?? ['mount']).includes('mount')
}

/** Where file systems are mounted. */
async function mountTargets(): Promise<string[]> {
  const text = await readFile('/proc/self/mountinfo', 'utf8')
  return text.split('\n').flatMap((line) => {
    const path = line.split(' ')[4]
    if (path === undefined) return []
    return [path.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))]
  })
}

/** File systems below /dev that guests have in common with the host: terminals, shared memory, large pages. */
function sharedOf(targets: readonly string[]): string[] {
  const all = [...new Set(targets.filter((path) => isBelow(path, dev)))]
  return all.filter((path) => !all.some((other) => isBelow(path, other)))
}

/** What is to be made in a guest's /dev. */
class Plan {
  readonly steps: MountStep[] = []
  readonly #staging: string
  readonly #shared: readonly string[]
  readonly #made = new Set<string>([dev])

  constructor(staging: string, shared: readonly string[]) {
    this.#staging = staging
    this.#shared = shared
  }

  /** Where a path of /dev is while it is being made. */
  at(path: string): string {
    return join(this.#staging, relative(dev, path))
  }

  folder(path: string): void {
    if (this.#made.has(path)) return
    this.folder(dirname(path))
    this.#made.add(path)
    this.steps.push({ folder: this.at(path), mode: 0o755 })
  }

  /** A device, and the links that lead to it. One that is not there is passed over. @param owner in place of the host's */
  async device(path: string, owner?: { readonly uid: number; readonly gid: number }): Promise<void> {
    let next = resolve(path)
    for (let links = 0; links < mostLinks; links++) {
      if (!isBelow(next, dev) || this.#made.has(next) || this.#shared.some((one) => next === one || isBelow(next, one)))
        return
      const found = await lstat(next).catch(() => undefined)
      if (found === undefined || found.isDirectory()) return
      this.folder(dirname(next))
      this.#made.add(next)
      if (!found.isSymbolicLink()) return this.#node(next, found, owner)
      const to = await readlink(next)
      this.steps.push({ link: this.at(next), to })
      next = resolve(dirname(next), to)
    }
  }

  /** A file system of the host's. */
  async share(path: string): Promise<void> {
    const found = await lstat(path)
    this.folder(dirname(path))
    if (found.isDirectory()) this.folder(path)
    else this.steps.push({ node: this.at(path), kind: 'file', mode: 0o600 })
    this.steps.push({ mount: this.at(path), source: path, flags: ['bind', 'recursive'] })
  }

  #node(path: string, found: Stats, owner: { readonly uid: number; readonly gid: number } | undefined): void {
    const { uid, gid } = owner ?? found
    const mode = found.mode & 0o777
    if (!found.isCharacterDevice() && !found.isBlockDevice()) {
      // A file or a socket that somebody has put there.
      this.steps.push({ node: this.at(path), kind: 'file', mode: 0o600 })
      this.steps.push({ mount: this.at(path), source: path, flags: ['bind'] })
      return
    }
    const [major = 0, minor = 0] = numberText(found.rdev).split(':').map(Number)
    const kind = found.isBlockDevice() ? 'block' : 'character'
    this.steps.push({ node: this.at(path), kind, mode, major, minor, uid, gid })
  }
}

/** A file of a guest that is a device, or a link to one: the guest's own copy is labelled, and the host's stays as it is. */
export function isPrivate({ path }: GuestFile): boolean {
  return isBelow(path, dev) && !isBelow(path, '/dev/shm') && !isBelow(path, '/dev/hugepages')
}

/**
 * Makes a mount namespace with a guest's own /dev.
 * @returns undefined where guests see the host's; the caller closes it once the process is in it
 * @throws VirtError
 */
export async function makePrivateDevices(state: QemuState, document: Domain): Promise<Descriptor | undefined> {
  if (!hasPrivateDevices(state)) return undefined
  const { native, paths, settings, security } = state
  const staging = join(paths.run, `${document.name ?? ''}.dev`)
  const targets = await mountTargets()
  const shared = sharedOf(targets)
  const plan = new Plan(staging, shared)
  for (const path of settings.cgroup_device_acl ?? usualDevices) await plan.device(path)
  for (const path of ownDevices(document)) await plan.device(path)
  for (const file of guestFiles(document).filter(isPrivate))
    await plan.device(file.path, await security.ownerOf(document, file))
  for (const path of shared) await plan.share(path)
  await mkdir(staging, { recursive: true, mode: 0o755 })
  let space: Descriptor | undefined
  try {
    const [made] = await native.namespaces.create(['mount'])
    space = made
    const where = { namespaces: [(space as Descriptor).fd] }
    await native.mounts.run(
      [
        // The host's later mounts are seen, the guest's are not.
        { mount: '/', flags: ['slave', 'recursive'] },
        { mount: staging, type: 'tmpfs', source: 'devfs', flags: ['nosuid'], data: 'mode=755,size=65536' },
        ...plan.steps,
        // Nothing of the host's is left below.
        ...(targets.includes(dev) ? [{ unmount: dev, lazy: true }] : []),
        { mount: dev, source: staging, flags: ['move'] },
      ],
      where,
    )
    return space
  } catch (error) {
    space?.close()
    throw systemFailure(error, ErrorDomain.QEMU, `Failed to set up ${dev} of ${document.name ?? ''}`)
  } finally {
    await rmdir(staging).catch(() => {})
  }
}
