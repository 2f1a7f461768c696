// SPDX-License-Identifier: LGPL-2.1-or-later
// The record of one domain.
import type { Domain, DomainCheckpoint, DomainSnapshot } from '@virt/conf'
import type { DomainRef } from '@virt/core'
import { Cell, type MomentTree, type Recorded } from '@virt/stateful'
import { documents, type Printed, type PrintModes, printDomain, withId } from './domain-document.js'
import { State } from './domain-state.js'

/** One IOThread as the imaginary hypervisor sees it. */
export interface RunningThread {
  readonly id: number
  pollMax: bigint
  pollGrow: number
  pollShrink: number
}

/** What the imaginary guest holds; made when it is first touched. */
export interface Guest {
  /** By mount point. */
  readonly frozen: Map<string, boolean>
  time: { seconds: bigint; nseconds: number }
  readonly threads: Map<number, RunningThread>
}

const mountPoints = ['/', '/boot']

/** A domain of a test instance: what is asked for often is here, the rest in its documents. */
export class TestDomain implements DomainRef, Recorded {
  name = ''
  uuid = ''
  id = -1
  generation = 0
  state: number = State.shutoff
  reason = 0
  persistent = false
  autostart = false
  managedSave = false
  /** KiB */
  memory = 0n
  /** KiB */
  maxMemory = 0n
  vcpus = 1
  maxVcpus = 1
  #def: Cell<Domain, Printed>
  #next: Cell<Domain, Printed> | undefined
  #guest: Guest | undefined

  constructor(document: Domain) {
    this.#def = new Cell(documents, document)
    this.#take(document)
  }

  /** Made with the first of them. */
  snapshots: MomentTree<DomainSnapshot> | undefined
  checkpoints: MomentTree<DomainCheckpoint> | undefined

  get hasSnapshots(): boolean {
    return this.snapshots !== undefined && this.snapshots.size > 0
  }

  get hasCheckpoints(): boolean {
    return this.checkpoints !== undefined && this.checkpoints.size > 0
  }

  get active(): boolean {
    return this.id !== -1
  }

  /** The document in force. */
  get def(): Domain {
    return this.#def.value
  }

  /** Text of the document in force, or of the one of the next start. */
  xml(next: boolean, modes: PrintModes): string {
    const cell = (next ? this.#next : undefined) ?? this.#def
    const { note, text } = cell
    const live = this.active && modes.inactive !== true
    if (note.serves(modes)) return live ? withId(text, this.id) : text
    const xml = printDomain(cell.value, live ? this.id : -1, modes)
    if (!live && xml === text) note.alsoServes(modes)
    return xml
  }

  set def(document: Domain) {
    this.#def.dispose()
    this.#def = new Cell(documents, document)
    this.#take(document)
  }

  /** The document of the next start; absent when it is the one in force. */
  get next(): Domain | undefined {
    return this.#next?.value
  }

  set next(document: Domain | undefined) {
    this.#next?.dispose()
    this.#next = document === undefined ? undefined : new Cell(documents, document)
  }

  get hasNext(): boolean {
    return this.#next !== undefined
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

  /** Gives the documents back. */
  dispose(): void {
    this.#def.dispose()
    this.#next?.dispose()
  }

  get guest(): Guest {
    this.#guest ??= {
      frozen: new Map(mountPoints.map((path) => [path, false])),
      time: { seconds: 627319920n, nseconds: 0 },
      threads: new Map(),
    }
    return this.#guest
  }

  /** IOThreads that were added while this process knows the domain. */
  get threads(): ReadonlyMap<number, RunningThread> | undefined {
    return this.#guest?.threads
  }

  #take(document: Domain): void {
    this.name = document.name ?? ''
    this.uuid = document.uuid ?? ''
    this.memory = document.currentMemory ?? document.memory?.value ?? 0n
    this.maxMemory = document.memory?.value ?? 0n
    this.maxVcpus = document.vcpu?.count ?? 1
    this.vcpus = document.vcpu?.current ?? this.maxVcpus
  }
}

/** The reference to a domain as it is now. */
export function refOf(domain: TestDomain): DomainRef {
  return { name: domain.name, uuid: domain.uuid, id: domain.id }
}
