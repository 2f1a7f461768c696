// SPDX-License-Identifier: LGPL-2.1-or-later
// The record of one guest.
import type { Domain } from '@virt/conf'
import type { DomainRef } from '@virt/core'
import { Cell, type Jobs, type LatestFile, type Recorded } from '@virt/stateful'
import type { JobData } from '../jobs/data.js'
import type { Run } from '../process/run.js'
import { type Documents, type Printed, type PrintModes, withId } from './document.js'
import { FileGroups } from './file-groups.js'
import { Reason, State } from './states.js'

/** A guest: what is asked for often is here, the rest in its documents, and in its run while there is one. */
export class QemuDomain implements DomainRef, Recorded {
  name = ''
  uuid = ''
  id = -1
  generation = 0
  state: number = State.shutoff
  reason: number = Reason.shutoff.unknown
  persistent = false
  autostart = false
  autostartOnce = false
  managedSave = false
  /** KiB */
  memory = 0n
  /** KiB */
  maxMemory = 0n
  vcpus = 1
  /** The most that its migrations send, in MiB a second. */
  migrationSpeed: bigint = ((1n << 63n) - 1n) >> 20n
  /** How long the agent's answers may take: seconds, or a `virDomainQemuAgentCommandTimeoutValues`. */
  agentTimeout = -2
  /** Its process and the ways to it, while it has one. */
  run: Run | undefined
  /** What a new daemon needs to go on; while it runs. */
  status: LatestFile | undefined
  /** What its last long job came to, until somebody has read it. */
  completed: JobData | undefined
  readonly jobs: Jobs
  /** Files that clients have opened for it. */
  readonly fileGroups: FileGroups = new FileGroups()
  readonly #documents: Documents
  #def: Cell<Domain, Printed>
  #next: Cell<Domain, Printed> | undefined

  constructor(documents: Documents, document: Domain, jobs: (domain: QemuDomain) => Jobs) {
    this.#documents = documents
    this.#def = new Cell(documents.cache, document)
    this.#take(document)
    this.jobs = jobs(this)
  }

  get active(): boolean {
    return this.id !== -1
  }

  /** The document in force. */
  get def(): Domain {
    return this.#def.value
  }

  set def(document: Domain) {
    this.#def.dispose()
    this.#def = new Cell(this.#documents.cache, document)
    this.#take(document)
  }

  /** The document of the next start; absent when it is the one in force. */
  get next(): Domain | undefined {
    return this.#next?.value
  }

  set next(document: Domain | undefined) {
    this.#next?.dispose()
    this.#next = document === undefined ? undefined : new Cell(this.#documents.cache, document)
  }

  get hasNext(): boolean {
    return this.#next !== undefined
  }

  /** The definition: what is kept on disk. */
  get config(): Domain {
    return this.next ?? this.def
  }

  /** Keeps the document in force for the next start, unless another is kept already. */
  keepNext(): void {
    this.#next ??= this.#def.copy()
  }

  /** The kept document comes into force; whether there was one. */
  useNext(): boolean {
    if (this.#next === undefined) return false
    this.#def.dispose()
    this.#def = this.#next
    this.#next = undefined
    this.#take(this.#def.value)
    return true
  }

  /** Text of the document in force, or of the one of the next start. */
  xml(next: boolean, modes: PrintModes): string {
    const cell = (next ? this.#next : undefined) ?? this.#def
    const { note, text } = cell
    const live = this.active && modes.inactive !== true
    if (note.serves(modes)) return live ? withId(text, this.id) : text
    const xml = this.#documents.print(cell.value, live ? this.id : -1, modes)
    if (!live && xml === text) note.alsoServes(modes)
    return xml
  }

  /** Gives the documents back, and what clients have opened for it. */
  dispose(): void {
    this.fileGroups.close()
    this.#def.dispose()
    this.#next?.dispose()
  }

  #take(document: Domain): void {
    this.name = document.name ?? ''
    this.uuid = document.uuid ?? ''
    this.maxMemory = document.memory?.value ?? 0n
    this.memory = document.currentMemory ?? this.maxMemory
    this.vcpus = document.vcpu?.current ?? document.vcpu?.count ?? 1
  }
}

/** The reference to a guest as it is now. */
export function refOf(domain: QemuDomain): DomainRef {
  return { name: domain.name, uuid: domain.uuid, id: domain.id }
}
