// SPDX-License-Identifier: LGPL-2.1-or-later
// A QEMU that runs no guest, to be asked what it can do.
import type { Clock } from '@virt/core'
import type { Native, UnixSocket } from '@virt/native'
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
  const start = async (accelerators: string): Promise<Monitor> => {
    const [ours, theirs] = native.sockets.pair('stream')
    try {
      const process = await native.processes.spawn({
        file: binary,
        args: [
          ...['-S', '-no-user-config', '-nodefaults', '-nographic', '-machine', `none,accel=${accelerators}`],
          ...['-chardev', 'socket,id=monitor,fd=3', '-mon', 'chardev=monitor,mode=control'],
        ],
        env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', HOME: '/' },
        fds: [undefined, undefined, undefined, theirs.fd],
      })
      running.push({
        [Symbol.dispose]() {
          if (!process.ended) process.kill('SIGKILL')
          // It has to be waited for, or stays as a zombie.
          void process.wait().finally(() => process.close())
        },
      })
    } catch (cause) {
      ours.close()
      throw internalError(`Failed to start QEMU binary ${binary} for probing: ${(cause as Error).message}`, { cause })
    } finally {
      theirs.close()
    }
    return await negotiate(ours)
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
