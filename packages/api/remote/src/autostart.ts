// SPDX-License-Identifier: LGPL-2.1-or-later
// A daemon of the user's own, started when somebody wants to talk to it; it ends by itself when nobody does.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { SocketPlace } from './socket-paths.js'

/** Seconds without clients after which a daemon that was started so ends. */
const idleTime = 120

/** A program to start. */
export interface DaemonProgram {
  readonly file: string
  readonly args: readonly string[]
}

/** What decides on the program. */
export interface ProgramSearch {
  readonly env: Readonly<Record<string, string | undefined>>
  exists(path: string): boolean
}

/**
 * The program that would listen at a place: in the folder that `LIBVIRTD_PATH` (`VIRTQEMUD_PATH` …) names, as with
 * libvirt; else virtd, where it is installed; else libvirt's.
 * @returns nothing where none is found, or `LIBVIRT_AUTOSTART` is 0
 */
export function daemonProgram(
  { daemon }: SocketPlace,
  { env, exists }: ProgramSearch = { env: process.env, exists: existsSync },
): DaemonProgram | undefined {
  if (env.LIBVIRT_AUTOSTART === '0') return undefined
  const timeout = `--timeout=${idleTime}`
  const folder = env[`${daemon.toUpperCase()}_PATH`]
  if (folder !== undefined) return { file: join(folder, daemon), args: [timeout] }
  const folders = [...(env.PATH ?? '').split(delimiter).filter((one) => one.startsWith('/')), '/usr/sbin']
  const only = daemon === 'libvirtd' ? [] : [`--only=${daemon.slice('virt'.length, -1)}`]
  for (const [name, args] of [
    ['virtd', ['--session', ...only, timeout]],
    [daemon, [timeout]],
  ] as const) {
    const found = folders.map((one) => join(one, name)).find(exists)
    if (found !== undefined) return { file: found, args }
  }
  return undefined
}

/** A daemon that was started. */
export interface StartedDaemon {
  /** Why it will not listen: it could not be started, or has ended. */
  readonly failure: string | undefined
}

/** Starts a daemon that outlives us. It learns nothing of ours but the environment. */
export function startDaemon({ file, args }: DaemonProgram): StartedDaemon {
  let failure: string | undefined
  const child = spawn(file, args, { cwd: '/', detached: true, stdio: 'ignore' })
  child.on('error', (error) => {
    failure = `${file} could not be started: ${error.message}`
  })
  // Status 0 is that of one that has gone on in the background.
  child.on('exit', (code, signal) => {
    if (code !== 0) failure = `${file} has ended with ${signal ?? `status ${code}`}`
  })
  child.unref()
  return {
    get failure() {
      return failure
    },
  }
}
