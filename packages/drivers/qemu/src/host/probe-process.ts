// SPDX-License-Identifier: LGPL-2.1-or-later
// A QEMU that runs no guest, to be asked what it can do.
import { type Clock, ErrorNumber, errnoOf, isVirtError } from '@virt/core'
import type { Native, Process, UnixSocket } from '@virt/native'
import type { QemuCaps } from '../capabilities/caps.js'
import { probe } from '../capabilities/probe.js'
import { internalError } from '../errors.js'
import { Monitor } from '../monitor/monitor.js'
import { socketTransport } from '../monitor/transport.js'

/** What it takes to start one. */
export interface ProbeHost {
  readonly native: Native
  readonly clock: Clock
}

/** Milliseconds that QEMU has for each answer: it may have to come from a slow disk. */
const deadline = 30_000

/**
 * Finds out what a QEMU program can do.
 * @param kvm whether KVM runs guests here
 * @throws VirtError when it does not start, is too old, or does not answer
 */
export async function probeProgram({ native, clock }: ProbeHost, binary: string, kvm: boolean): Promise<QemuCaps> {
  const running: Disposable[] = []
  const failed = (why: string, cause: unknown): Error =>
    internalError(`Failed to start QEMU binary ${binary} for probing: ${why}`, { cause })
  const start = async (accelerators: string): Promise<Monitor> => {
    const [ours, theirs] = native.sockets.pair('stream')
    const [words, errors] = native.sockets.pair('stream')
    running.push({ [Symbol.dispose]: () => words.close() })
    let process: Process
    try {
      process = await native.processes.spawn({
        file: binary,
        args: [
          ...['-S', '-no-user-config', '-nodefaults', '-nographic', '-machine', `none,accel=${accelerators}`],
          ...['-chardev', 'socket,id=monitor,fd=3', '-mon', 'chardev=monitor,mode=control'],
        ],
        env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', HOME: '/' },
        fds: [undefined, undefined, errors.fd, theirs.fd],
        // QEMU does not mind a monitor that has gone.
        dieWithParent: true,
      })
      running.push({
        [Symbol.dispose]() {
          void finish(process)
        },
      })
    } catch (cause) {
      ours.close()
      // parity: the words of the child that could not become the program.
      throw failed(`libvirt:  error : cannot execute binary ${binary}: ${errnoOf(cause).text}\n`, cause)
    } finally {
      theirs.close()
      errors.close()
    }
    try {
      return await negotiate(ours)
    } catch (cause) {
      if (isVirtError(cause) && cause.number === ErrorNumber.OPERATION_TIMEOUT) throw cause
      await finish(process)
      throw failed((await wordsFrom(words, clock)) ?? 'unknown error', cause)
    }
  }
  const negotiate = async (socket: UnixSocket): Promise<Monitor> => {
    const monitor = await Monitor.open(socketTransport(socket), { clock, deadline })
    running.push({ [Symbol.dispose]: () => monitor.close() })
    return monitor
  }
  try {
    const first = await start(kvm ? 'kvm:tcg' : 'tcg')
    return await probe(first, () => start('tcg'), { binary })
  } finally {
    for (const one of running) one[Symbol.dispose]()
  }
}

/** Ends a process. It has to be waited for, or stays as a zombie. */
async function finish(process: Process): Promise<void> {
  if (!process.ended) process.kill('SIGKILL')
  await process.wait().finally(() => process.close())
}

/** What a process that has ended had to say; undefined for nothing. */
async function wordsFrom(socket: UnixSocket, clock: Clock): Promise<string | undefined> {
  // A child of its own may have the other end still.
  using _timer = clock.after(1000, () => socket.close())
  const got = await socket.receive({ size: 4096 }).catch(() => undefined)
  return got === undefined || got.bytes.length === 0 ? undefined : Buffer.from(got.bytes).toString()
}
