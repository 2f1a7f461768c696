// SPDX-License-Identifier: LGPL-2.1-or-later
// What keeps guests from the host and from each other: each runs as a user that nothing belongs to but what it was given.
import { lstat } from 'node:fs/promises'
import type { Domain } from '@virt/conf'
import { ErrorDomain, ErrorNumber, type Logger, systemFailure, virtError } from '@virt/core'
import { FileInUse, type FileOwner, FileOwners } from '@virt/linux'
import type { Native } from '@virt/native'
import type { Settings } from '../host/settings.js'
import { type GuestFile, guestFiles } from './guest-files.js'
import { groupsOf, ownerOfSettings, ownerText, parseOwner } from './identity.js'
import { checkModels, dacModel, type LabelRules, labelFor, relabels, withLabel } from './labels.js'

/** As whom a process runs; nothing of it changes where this process is no superuser's. */
export interface ProcessIdentity {
  readonly uid?: number
  readonly gid?: number
  readonly groups?: readonly number[]
}

/** A model of security as capabilities have it. */
export interface SecurityModel {
  readonly model: string
  readonly doi: string
  readonly baselabels: readonly { readonly type: 'kvm' | 'qemu'; readonly label: string }[]
}

const none: SecurityModel = { model: 'none', doi: '0', baselabels: [] }

/** Whose files are, and as whom processes run. Where the driver is no superuser's, everything is as it is. */
export class Security {
  readonly #native: Native
  readonly #log: Logger
  readonly #owner: FileOwner | undefined
  readonly #owners: FileOwners
  readonly #dynamic: boolean
  readonly #rules: LabelRules

  private constructor(native: Native, log: Logger, settings: Settings, owner: FileOwner | undefined) {
    this.#native = native
    this.#log = log
    this.#owner = owner
    this.#owners = new FileOwners({ native, remember: settings.remember_owner })
    this.#dynamic = owner !== undefined && settings.dynamic_ownership
    this.#rules = {
      defaultConfined: settings.security_default_confined,
      requireConfined: settings.security_require_confined,
    }
  }

  /**
   * Makes it after the settings.
   * @param privileged whether this process can give files away and become others
   * @throws VirtError for users that nobody knows, and models that this host has not
   */
  static async open(native: Native, log: Logger, settings: Settings, privileged: boolean): Promise<Security> {
    const asked = settings.security_driver?.find((name) => name !== 'none' && name !== dacModel)
    if (asked !== undefined)
      throw virtError(ErrorNumber.CONFIG_UNSUPPORTED, ErrorDomain.SECURITY, `Security driver ${asked} not enabled`)
    const owner = privileged ? await ownerOfSettings(native.users, settings) : undefined
    return new Security(native, log, settings, owner)
  }

  /** Whose the driver's own files are that guests have to reach; undefined: everything is this process's. */
  get owner(): FileOwner | undefined {
    return this.#owner
  }

  /** The models there are, the first is the one that is told of where there can be only one. */
  get models(): readonly SecurityModel[] {
    if (this.#owner === undefined) return [none]
    const label = ownerText(this.#owner)
    const baselabels = [
      { type: 'kvm', label },
      { type: 'qemu', label },
    ] as const
    return [none, { model: dacModel, doi: '0', baselabels }]
  }

  /** @throws VirtError for a guest that is to have labels of a model that this host has not */
  check(domain: Domain): void {
    if (this.#owner !== undefined) checkModels(domain)
  }

  /** The document of a run with its labels. @throws VirtError */
  label(domain: Domain): Domain {
    return this.#owner === undefined ? domain : withLabel(domain, ownerText(this.#owner), this.#rules)
  }

  /** The labels of a guest that runs, in the order of the models. */
  processLabels(domain: Domain): string[] {
    if (this.#owner === undefined) return ['']
    return ['', labelFor(domain, dacModel)?.label ?? ownerText(this.#owner)]
  }

  /** As whom a guest's process runs. @throws VirtError for a label that names nobody */
  async process(domain: Domain): Promise<ProcessIdentity> {
    if (this.#owner === undefined) return {}
    const label = labelFor(domain, dacModel)?.label
    const owner = label === undefined ? this.#owner : await parseOwner(this.#native.users, label)
    return { ...owner, groups: await groupsOf(this.#native.users, owner) }
  }

  /** Gives a guest all its files. @param but those that are left alone @throws VirtError; those that it had got already are given back */
  async give(domain: Domain, but?: (file: GuestFile) => boolean): Promise<void> {
    await this.giveFiles(domain, filesBut(domain, but))
  }

  /** Whose a guest's file is to be; undefined: it stays whose it is. @throws VirtError */
  async ownerOf(domain: Domain, { label }: GuestFile): Promise<FileOwner | undefined> {
    if (!this.#dynamic || !relabels(domain)) return undefined
    const text = label ?? labelFor(domain, dacModel)?.imagelabel
    return text === undefined ? this.#owner : await parseOwner(this.#native.users, text)
  }

  /** Gives a guest some files. @throws VirtError; none is then given */
  async giveFiles(domain: Domain, files: readonly GuestFile[]): Promise<void> {
    if (!this.#dynamic || !relabels(domain)) return
    const given: GuestFile[] = []
    try {
      for (const file of files) {
        if (file.optional && !(await exists(file.path))) continue
        await this.#giveOne(domain, file)
        given.push(file)
      }
    } catch (error) {
      await this.takeFiles(domain, given.reverse())
      throw error
    }
  }

  /** Takes all files of a guest back. What cannot be taken is logged. */
  async takeBack(domain: Domain, but?: (file: GuestFile) => boolean): Promise<void> {
    await this.takeFiles(domain, filesBut(domain, but))
  }

  /** As `takeBack`, of a guest that has got nobody knows how many of its files. */
  async takeBackGiven(domain: Domain, but?: (file: GuestFile) => boolean): Promise<void> {
    const given: GuestFile[] = []
    for (const file of filesBut(domain, but)) {
      const owner = await this.ownerOf(domain, file)
      if (owner !== undefined && (await this.#owners.isGiven(file.path, owner))) given.push(file)
    }
    await this.takeFiles(domain, given)
  }

  /** Takes some files back. */
  async takeFiles(domain: Domain, files: readonly GuestFile[]): Promise<void> {
    if (!this.#dynamic || !relabels(domain)) return
    for (const { path, back, remember } of files) {
      if (!back) continue
      await this.#owners.giveBack(path, remember).catch((error: unknown) => {
        const { code, message } = error as NodeJS.ErrnoException
        // It went with the guest.
        if (code !== 'ENOENT') this.#log.warn(`${path} stays the guest's: ${message}`)
      })
    }
  }

  /** Makes a file or folder of the driver's own one of a guest. @throws VirtError */
  async own(domain: Domain, ...paths: readonly string[]): Promise<void> {
    for (const path of paths) await this.giveFiles(domain, [{ path, label: undefined, remember: false, back: false }])
  }

  /** Makes a folder of the driver's one that guests' processes reach. */
  async share(...paths: readonly string[]): Promise<void> {
    const { owner } = this
    if (owner === undefined) return
    for (const path of paths)
      await this.#owners.give(path, owner, false).catch((error: unknown) => {
        throw systemFailure(
          error,
          ErrorDomain.QEMU,
          `unable to set ownership of '${path}' to ${owner.uid}:${owner.gid}`,
        )
      })
  }

  async #giveOne(domain: Domain, file: GuestFile): Promise<void> {
    const { path, remember } = file
    const owner = await this.ownerOf(domain, file)
    if (owner === undefined) return
    try {
      await this.#owners.give(path, owner, remember)
    } catch (error) {
      if (error instanceof FileInUse)
        throw virtError(
          ErrorNumber.OPERATION_INVALID,
          ErrorDomain.SECURITY,
          `Setting different DAC user or group on ${path} which is already in use`,
        )
      const what = (error as NodeJS.ErrnoException).syscall === 'chown' ? ownerFailure(path, owner) : statFailure(path)
      throw systemFailure(error, ErrorDomain.SECURITY, what)
    }
  }
}

function filesBut(domain: Domain, but: (file: GuestFile) => boolean = () => false): GuestFile[] {
  return guestFiles(domain).filter((file) => !but(file))
}

const ownerFailure = (path: string, { uid, gid }: FileOwner): string =>
  `unable to set user and group to '${uid}:${gid}' on '${path}'`
const statFailure = (path: string): string => `unable to stat: ${path}`

async function exists(path: string): Promise<boolean> {
  return await lstat(path).then(
    () => true,
    () => false,
  )
}
