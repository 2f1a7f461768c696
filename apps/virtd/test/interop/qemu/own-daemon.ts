// SPDX-License-Identifier: GPL-2.0-or-later
// A daemon in a folder of its own that can be killed, and another one after it in the same folder.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Connection, connect } from '@virt/core'
import { remote } from '@virt/remote'
import { endGuests, guestsBelow } from '../guests.mjs'
import { openFolder } from './guest.js'

const program = join(import.meta.dirname, '../../../dist/main.cjs')

/** One folder, and the daemons that follow one another in it. */
export class OwnDaemon {
  readonly root: string
  #child: ChildProcess | undefined

  constructor(prefix: string) {
    this.root = openFolder(prefix)
  }

  /** The daemon's process, and where that is. */
  get pid(): number | undefined {
    return this.#child?.pid
  }

  get uri(): string {
    return `qemu+unix:///system?socket=${join(this.root, 'run/libvirt/libvirt-sock')}`
  }

  /** @param around a program that starts it, with its arguments */
  async start(...around: readonly string[]): Promise<Connection> {
    const [file = '', ...words] = [...around, process.execPath, program, '--root', this.root]
    const child = spawn(file, words, { stdio: ['ignore', 'pipe', 'inherit'] })
    this.#child = child
    const [said] = (await once(child.stdout, 'data')) as [Buffer]
    if (!said.toString().includes('virtd is ready')) throw new Error(`the daemon says: ${said}`)
    return await this.connect()
  }

  async connect(): Promise<Connection> {
    return await connect(this.uri, { drivers: [remote()] })
  }

  /** Ends the daemon at once; guests live on. */
  async kill(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined || child.exitCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }

  /** Processes of its guests. */
  guests(): number[] {
    return guestsBelow(this.root).map(({ pid }) => pid)
  }

  async end(): Promise<void> {
    await this.kill()
    await endGuests(this.guests())
    rmSync(this.root, { recursive: true, force: true })
  }
}
