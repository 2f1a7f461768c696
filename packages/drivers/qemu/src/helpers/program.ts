// SPDX-License-Identifier: LGPL-2.1-or-later
// Programs that run beside a guest and end with it. Their numbers are written down in a folder of the run, so that another
// daemon finds them.
import { existsSync, watch } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { errnoOf } from '@virt/core'
import type { Process, SpawnOptions } from '@virt/native'
import type { ObjectLog } from '@virt/stateful'
import { internalError } from '../errors.js'
import type { QemuState } from '../state.js'

/** A program beside a guest. */
export interface HelperProgram {
  /** Of what it does: names its file and its log. */
  readonly name: string
  readonly file: string
  readonly args: readonly string[]
  /** As whom it runs, and what else. */
  readonly options?: Partial<SpawnOptions>
  /** Descriptors that it gets, from 3 on. */
  readonly fds?: readonly number[]
  /** A socket of its own: it is ready when that is there. */
  readonly socket?: string
}

/** Milliseconds that one that was told to end has for it, and that one which makes something ready may take. */
const patience = { end: 5_000, ready: 30_000 }

const folderOf = (lib: string): string => join(lib, 'helpers')

function environment(): Record<string, string> {
  return { PATH: process.env.PATH ?? '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' }
}

/** A log beside the guest's own. */
function logOf(state: QemuState, guest: string, name: string): ObjectLog {
  return state.log(`${guest}-${name}`)
}

async function spawn(state: QemuState, guest: string, program: HelperProgram): Promise<[Process, ObjectLog]> {
  const log = logOf(state, guest, program.name)
  const output = await log.open()
  try {
    const child = await state.native.processes.spawn({
      ...program.options,
      file: program.file,
      args: program.args,
      env: environment(),
      fds: [undefined, output.fd, output.fd, ...(program.fds ?? [])],
    })
    return [child, log]
  } catch (cause) {
    throw internalError(`cannot start ${program.file}: ${errnoOf(cause).text}`, { cause })
  } finally {
    await output.close()
  }
}

/**
 * Runs a program that makes something ready, until it is done.
 * @throws VirtError `internal-error` with what it said, when it fails or takes too long
 */
export async function runHelper(state: QemuState, guest: string, program: HelperProgram): Promise<void> {
  const log = logOf(state, guest, program.name)
  const position = await log.size().catch(() => 0)
  const [child] = await spawn(state, guest, program)
  const stop = new AbortController()
  using _timer = state.services.clock.after(patience.ready, () => stop.abort())
  try {
    const { code } = await child.wait({ signal: stop.signal })
    if (code === 0) return
  } catch (error) {
    if (!stop.signal.aborted) throw error
    child.kill('SIGKILL')
  } finally {
    child.close()
  }
  const said = (await log.read(position)).trim().split('\n').slice(-5).join('\n')
  throw internalError(`'${program.file}' failed: ${said}`)
}

/** Waits until a program has made its socket. @throws VirtError `internal-error`: it ended before that, or takes too long */
async function socketOf(state: QemuState, child: Process, program: HelperProgram, path: string): Promise<void> {
  const stop = new AbortController()
  using _timer = state.services.clock.after(patience.ready, () => stop.abort())
  const { promise, resolve } = resolvers()
  const look = (): void => {
    if (existsSync(path)) resolve(true)
  }
  const watcher = watch(dirname(path), look)
  try {
    look()
    const ended = child.wait({ signal: stop.signal }).then(
      () => false,
      () => false,
    )
    if (await Promise.race([promise, ended])) return
  } finally {
    watcher.close()
    stop.abort()
  }
  throw internalError(`'${program.file}' did not open its socket ${path}`)
}

function resolvers(): { promise: Promise<boolean>; resolve: (value: boolean) => void } {
  let resolve: (value: boolean) => void = () => {}
  const promise = new Promise<boolean>((done) => {
    resolve = done
  })
  return { promise, resolve }
}

/**
 * Starts a program that runs as long as the guest does.
 * @param lib folder of the run
 * @throws VirtError `internal-error` when it does not start
 */
export async function startHelper(state: QemuState, guest: string, lib: string, program: HelperProgram): Promise<void> {
  const [child] = await spawn(state, guest, program)
  await note(lib, program.name, child)
  if (program.socket !== undefined) await socketOf(state, child, program, program.socket)
  // Its end is noticed by the guest; nothing waits for it here but what reaps it.
  child
    .wait({ signal: state.closing })
    .catch(() => {})
    .finally(() => child.close())
}

/** Writes down a program that has gone on by itself. @param pid as it told itself */
export async function adoptHelper(state: QemuState, lib: string, name: string, pid: number): Promise<void> {
  const child = state.native.processes.open(pid)
  try {
    await note(lib, name, child)
  } finally {
    child.close()
  }
}

async function note(lib: string, name: string, child: Process): Promise<void> {
  await mkdir(folderOf(lib), { recursive: true, mode: 0o700 })
  await writeFile(join(folderOf(lib), `${name}.pid`), `${child.pid} ${child.startTime ?? 0n}\n`)
}

/** Ends what runs beside a guest. What has ended already is well. */
export async function endHelpers(state: QemuState, lib: string): Promise<void> {
  const files = await readdir(folderOf(lib)).catch(() => [])
  await Promise.all(files.map((file) => endOne(state, join(folderOf(lib), file)).catch(() => {})))
}

async function endOne(state: QemuState, file: string): Promise<void> {
  const [pid = '', start = ''] = (await readFile(file, 'utf8')).trim().split(' ')
  const child = state.native.processes.open(Number(pid))
  try {
    // The number may be another's by now.
    if (String(child.startTime) !== start) return
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      child.kill(signal)
      const stop = new AbortController()
      using _timer = state.services.clock.after(patience.end, () => stop.abort())
      const ended = await child.wait({ signal: stop.signal }).then(
        () => true,
        () => !stop.signal.aborted,
      )
      if (ended) return
    }
  } finally {
    child.close()
  }
}
