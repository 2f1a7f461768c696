// SPDX-License-Identifier: LGPL-2.1-or-later
// Secrets and where they are kept: a definition and a value each, in libvirt's own folder.
import { readFile } from 'node:fs/promises'
import { type Secret, secret as secretDocument, secretUsageTypes } from '@virt/conf'
import {
  type Clock,
  ErrorDomain,
  ErrorNumber,
  type EventHub,
  type SecretRef,
  systemFailure,
  type VirtError,
  virtError,
} from '@virt/core'
import { DocumentFolder, DurableFiles, fileOf, type Recorded, Registry, type StoredDocument } from '@virt/stateful'

/** A secret: what clients and access rules see of it, its definition, its value. */
export interface KeptSecret extends Recorded, SecretRef {
  document: Secret
  value: Uint8Array | undefined
}

/** What a secret is for. */
function usageOf({ usage }: Secret): Pick<SecretRef, 'usageType' | 'usageID'> {
  if (usage === undefined) return { usageType: 0, usageID: '' }
  return { usageType: secretUsageTypes.indexOf(usage.type), usageID: usage.volume ?? usage.name ?? usage.target ?? '' }
}

/** What a document makes of a secret. */
export function refOf(document: Secret): SecretRef {
  return { uuid: document.uuid ?? '', ...usageOf(document) }
}

/** @returns `VIR_ERR_INTERNAL_ERROR` of the driver */
function internalError(detail: string): VirtError {
  return virtError(ErrorNumber.INTERNAL_ERROR, ErrorDomain.SECRET, detail)
}

/** Events of a secret's life (`virSecretEventLifecycleType`). */
const Lifecycle = { defined: 0, undefined: 1 } as const

/** What a store is made with. */
export interface StoreOptions {
  readonly folder: string
  readonly events: EventHub
  readonly clock: Clock
  /** Told of files that are of no use; they are left alone. */
  readonly problem: (path: string, error: unknown) => void
}

/** All secrets of a place. Changes are made one after the other, and are on the disk when they are answered. */
export class SecretStore {
  readonly secrets: Registry<KeptSecret>
  readonly #files: DurableFiles
  readonly #documents: DocumentFolder
  readonly #options: StoreOptions
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: StoreOptions) {
    const { folder, events, clock, problem } = options
    this.#options = options
    this.#files = new DurableFiles({ clock, problem })
    this.secrets = new Registry(events)
    this.#documents = new DocumentFolder(this.#files, { folder, editor: 'virsh secret-edit', problem })
  }

  /** Reads what the folder has. What is known and has no file stays. */
  async load(): Promise<void> {
    await this.#documents.prepare()
    for (const stored of await this.#documents.load())
      await this.#take(stored).catch((error: unknown) => this.#options.problem(stored.path, error))
  }

  byUsage(type: number, id: string): KeptSecret | undefined {
    return type === 0 ? undefined : this.secrets.list((one) => one.usageType === type && one.usageID === id)[0]
  }

  /**
   * Defines a secret, or defines it anew; its value stays.
   * @throws VirtError `internal-error` when it is for what another is for, or would tell what it has kept to itself; `system-error`
   */
  async define(document: Secret): Promise<SecretRef> {
    return await this.#alone(async () => {
      const { uuid } = refOf(document)
      const known = this.secrets.byUuid(uuid)
      this.#mayDefine(document, known)
      await this.#keepDefinition(document, known)
      const made: KeptSecret = known ?? { ...refOf(document), name: uuid, generation: 0, document, value: undefined }
      const ref = refOf(document)
      if (known === undefined)
        this.secrets.add(made, (change) =>
          change.emit('secret', 'lifecycle', { secret: ref, event: Lifecycle.defined, detail: 0 }),
        )
      else
        this.secrets.change(known, (change) => {
          Object.assign(known, ref, { document })
          change.emit('secret', 'lifecycle', { secret: ref, event: Lifecycle.defined, detail: 0 })
        })
      return ref
    })
  }

  /** Drops a secret with its value. @throws VirtError `system-error` */
  async undefine(secret: KeptSecret): Promise<void> {
    await this.#alone(async () => {
      this.#mustBe(secret)
      if (!secret.document.ephemeral) {
        await this.#documents.remove(secret.uuid, false).catch((error: unknown) => {
          throw systemFailure(error, ErrorDomain.SECRET, `cannot unlink '${this.#documents.pathOf(secret.uuid)}'`)
        })
        // parity: a value that cannot be taken away is no reason to keep a secret.
        await this.#files.remove(this.#valuePath(secret.uuid)).catch(() => {})
      }
      secret.value?.fill(0)
      this.secrets.remove(secret, (change) =>
        change.emit('secret', 'lifecycle', { secret: refOf(secret.document), event: Lifecycle.undefined, detail: 0 }),
      )
    })
  }

  /** Gives a secret its value. @throws VirtError `system-error`; it has the old one then */
  async setValue(secret: KeptSecret, value: Uint8Array): Promise<void> {
    await this.#alone(async () => {
      this.#mustBe(secret)
      if (!secret.document.ephemeral) await this.#keepValue(secret.uuid, value)
      this.secrets.change(secret, (change) => {
        secret.value?.fill(0)
        secret.value = Uint8Array.from(value)
        change.emit('secret', 'valueChanged', { secret: refOf(secret.document) })
      })
    })
  }

  /** Waits for what was begun. */
  async settled(): Promise<void> {
    await this.#last.catch(() => {})
    await this.#files.settled()
  }

  async #take({ name, path, text }: StoredDocument): Promise<void> {
    const document = secretDocument.parse(text)
    if (document.uuid !== name) throw internalError(`<uuid> does not match secret file name '${name}.xml'`)
    this.#mayDefine(document, this.secrets.byUuid(name))
    const value = await this.#readValue(name).catch((error: unknown) => {
      throw systemFailure(error, ErrorDomain.SECRET, `cannot open '${path}'`)
    })
    const known = this.secrets.byUuid(name)
    if (known === undefined) this.secrets.add({ ...refOf(document), name, generation: 0, document, value })
    else
      this.secrets.change(known, () => Object.assign(known, refOf(document), { document, value: value ?? known.value }))
  }

  async #readValue(uuid: string): Promise<Uint8Array | undefined> {
    try {
      return Uint8Array.from(Buffer.from(await readFile(this.#valuePath(uuid), 'latin1'), 'base64'))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
  }

  #mayDefine(document: Secret, known: KeptSecret | undefined): void {
    const { uuid, usageType, usageID } = refOf(document)
    if (known === undefined) {
      const other = this.byUsage(usageType, usageID)
      if (other !== undefined)
        throw internalError(`a secret with UUID ${other.uuid} already defined for use with ${usageID}`)
      return
    }
    // parity: one that is for nothing is said to be for this.
    if (known.usageID !== usageID)
      throw internalError(
        `a secret with UUID ${uuid} is already defined for use with ${known.usageType === 0 ? '(null)' : known.usageID}`,
      )
    if (known.document.private && !document.private)
      throw internalError('cannot change private flag on existing secret')
  }

  /** differs: libvirt leaves the definition of one that becomes ephemeral on the disk, where the next start finds it. */
  async #keepDefinition(document: Secret, known: KeptSecret | undefined): Promise<void> {
    const { uuid } = refOf(document)
    if (document.ephemeral) {
      if (known === undefined || known.document.ephemeral) return
      await this.#documents.remove(uuid, false)
      await this.#files.remove(this.#valuePath(uuid)).catch(() => {})
      return
    }
    const value = known?.document.ephemeral === true ? known.value : undefined
    if (value !== undefined) await this.#keepValue(uuid, value)
    try {
      await this.#documents.save(uuid, secretDocument.print(document))
      await this.#documents.synced()
    } catch (error) {
      if (value !== undefined) await this.#files.remove(this.#valuePath(uuid)).catch(() => {})
      throw error
    }
  }

  async #keepValue(uuid: string, value: Uint8Array): Promise<void> {
    await this.#documents.saveBeside(this.#valuePath(uuid), Buffer.from(value).toString('base64'))
    await this.#documents.synced()
  }

  #valuePath(uuid: string): string {
    return fileOf(this.#options.folder, uuid, '.base64')
  }

  /** It may have gone while something else was being done. */
  #mustBe(secret: KeptSecret): void {
    if (!this.secrets.has(secret)) throw noSecret(`uuid '${secret.uuid}'`)
  }

  async #alone<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#last.then(change, change)
    this.#last = done
    done.catch(() => {})
    return await done
  }
}

/** @returns `VIR_ERR_NO_SECRET`: nothing matches */
export function noSecret(what: string): VirtError {
  return virtError(ErrorNumber.NO_SECRET, ErrorDomain.SECRET, `no secret with matching ${what}`)
}
