// SPDX-License-Identifier: LGPL-2.1-or-later
// What a guest's process is given open: sockets that listen already, files it writes to.
import { constants } from 'node:fs'
import { type FileHandle, open, unlink } from 'node:fs/promises'
import type { Domain, StorageSource } from '@virt/conf'
import { ErrorDomain, systemFailure } from '@virt/core'
import type { Native } from '@virt/native'
import type { FdPurpose, StartResources } from '../command/build.js'
import type { Props } from '../command/props.js'
import type { Concealed } from '../command/secrets.js'
import type { FileGroups } from '../domain/file-groups.js'
import { configUnsupported, internalError } from '../errors.js'
import { type Places, placeKey } from '../helpers/beside.js'
import type { SecretValues } from '../helpers/secret-values.js'
import { beginLimits } from '../resources/bandwidth.js'
import { isDirect, openMacvtap } from '../resources/macvtaps.js'
import { openTap } from '../resources/taps.js'
import { openTpm, openTpmCancel } from '../resources/tpm-device.js'
import { openVsock } from '../resources/vsock.js'

interface Wanted {
  readonly purpose: FdPurpose
  readonly owner: string
  readonly index: number
  readonly number: number
}

/** Descriptors of a process before those that its command line names: input, output, errors. */
const standard = 3

/** Characters of a device that the process gets open. */
interface Characters {
  readonly alias?: string | undefined
  readonly sources: readonly { readonly path?: string | undefined; readonly append?: boolean | undefined }[]
  readonly log?: { readonly file?: string | undefined; readonly append?: boolean | undefined } | undefined
}

function charactersOf(domain: Domain, alias: string): Characters | undefined {
  const { devices } = domain
  const lists = [devices?.serials, devices?.parallels, devices?.channels, devices?.consoles] as const
  return lists.flatMap((list) => (list ?? []) as readonly Characters[]).find((one) => one.alias === alias)
}

/** Files that a guest's ports write to, as devices of their own or beside them. */
export function writtenFiles({ devices }: Domain): string[] {
  const lists = [devices?.serials, devices?.parallels, devices?.channels, devices?.consoles] as const
  const found = lists
    .flatMap((list) => (list ?? []) as readonly (Characters & { readonly type?: string | undefined })[])
    .flatMap(({ type, sources, log }) => [type === 'file' ? sources[0]?.path : undefined, log?.file])
  return [...new Set(found.filter((path) => path !== undefined))]
}

/**
 * The descriptors of one start. The command line names numbers while it is made; what they are is opened after that.
 */
export class ProcessFiles implements StartResources {
  readonly #native: Native
  readonly #monitorPath: string
  readonly #wanted: Wanted[] = []
  readonly #open: { readonly fd: number; close(): Promise<void> | void }[] = []
  /** Sockets that were made; whoever ends the guest removes them. */
  readonly sockets: string[] = []

  /** Links that were made and do not go with their last descriptor. */
  readonly links: string[] = []

  /** Links whose limits were begun with. */
  readonly limited: string[] = []

  readonly #places: Places
  readonly #secrets: SecretValues

  readonly #groups: FileGroups

  readonly #runFolder: string

  /** @param places of the monitor's socket, and for what is noted of this host while guests run */
  constructor(
    native: Native,
    { monitorPath, runFolder }: { readonly monitorPath: string; readonly runFolder: string },
    places: Places,
    secrets: SecretValues,
    groups: FileGroups,
  ) {
    this.#native = native
    this.#groups = groups
    this.#places = places
    this.#secrets = secrets
    this.#monitorPath = monitorPath
    this.#runFolder = runFolder
  }

  fd(purpose: FdPurpose, owner: string, index = 0): number {
    const number = standard + this.#wanted.length
    this.#wanted.push({ purpose, owner, index, number })
    return number
  }

  place(purpose: string, owner: string): string | undefined {
    return this.#places.get(placeKey(purpose, owner))
  }

  fdGroup(name: string): number {
    return this.#groups.get(name).length
  }

  secret(what: Concealed): Props {
    return this.#secrets.sealed(what)
  }

  volume(): StorageSource {
    throw configUnsupported('volumes of pools are not supported by this driver yet')
  }

  /**
   * Opens everything.
   * @param output where the process writes what it has to say
   * @returns our descriptors, by the process's numbers
   * @throws VirtError `config-unsupported` for what cannot be opened here; as the kernel says
   */
  async openAll(domain: Domain, output: FileHandle): Promise<(number | undefined)[]> {
    const fds: (number | undefined)[] = [undefined, output.fd, output.fd]
    for (const wanted of this.#wanted) {
      const opened = await this.#openOne(domain, wanted)
      this.#open.push(opened)
      fds[wanted.number] = opened.fd
    }
    return fds
  }

  /** Closes our copies: the process has its own, and its end must show. */
  async close(): Promise<void> {
    for (const one of this.#open.splice(0)) await one.close()
  }

  async #openOne(
    domain: Domain,
    { purpose, owner, index }: Wanted,
  ): Promise<{ readonly fd: number; close(): Promise<void> | void }> {
    const characters = charactersOf(domain, owner)
    switch (purpose) {
      case 'monitor':
        return await this.#listen(this.#monitorPath)
      case 'chardev-listen':
        return await this.#listen(characters?.sources[0]?.path ?? '')
      case 'chardev-file': {
        const source = characters?.sources[0]
        return await openFile(source?.path ?? '', source?.append)
      }
      case 'chardev-log':
        return await openFile(characters?.log?.file ?? '', characters?.log?.append)
      case 'tpm':
        return await openTpm(domain, owner)
      case 'tpm-cancel':
        return await openTpmCancel(domain, owner)
      case 'vhost-vsock':
        return await openVsock()
      case 'disk':
        return this.#given(owner, index)
      case 'tap': {
        const net = domain.devices?.interfaces.find((one) => one.alias === owner)
        const link =
          net !== undefined && isDirect(net)
            ? await openMacvtap(this.#native, net, index, this.#runFolder, this.links)
            : await openTap(this.#native, domain, owner, index)
        this.#open.push(link)
        if (index === 0 && net !== undefined) {
          this.limited.push(net.target?.dev ?? '')
          await beginLimits(net)
        }
        return { fd: link.fd, close: () => {} }
      }
      default:
        throw configUnsupported(`the driver cannot give a guest ${purpose} yet (${owner})`)
    }
  }

  /** A copy of a client's file: the client may go before the process is there, and what it has given stays for the next start. */
  #given(group: string, index: number): { readonly fd: number; close(): void } {
    const given = this.#groups.get(group)[index]
    if (given === undefined) throw internalError(`there is no descriptor ${index} of '${group}'`)
    const { sockets } = this.#native
    const fd = sockets.duplicate(given)
    return { fd, close: () => sockets.closeFd(fd) }
  }

  async #listen(path: string): Promise<{ readonly fd: number; close(): void }> {
    await unlink(path).catch(() => {})
    try {
      const socket = this.#native.sockets.open({ type: 'stream', bind: path, listen: 1 })
      this.sockets.push(path)
      return socket
    } catch (error) {
      throw systemFailure(error, ErrorDomain.QEMU, `Unable to bind to UNIX socket path '${path}'`)
    }
  }
}

async function openFile(path: string, append: boolean | undefined): Promise<FileHandle> {
  const { O_CREAT, O_WRONLY, O_APPEND, O_TRUNC } = constants
  // Also what begins anew is added to: it may be made smaller under its writer.
  const flags = O_CREAT | O_WRONLY | O_APPEND | (append === false ? O_TRUNC : 0)
  return await open(path, flags, 0o600).catch((error: unknown) => {
    throw systemFailure(error, ErrorDomain.QEMU, `Failed to create file '${path}'`)
  })
}
