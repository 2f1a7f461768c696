// SPDX-License-Identifier: LGPL-2.1-or-later
// Who is at the other end of a unix socket.
import type { Socket } from 'node:net'
import type { Binding } from './binding.js'
import { fdOf } from './descriptor.js'
import { Process } from './processes.js'

/** The other end of a unix socket when it connected (or, for the side that connected, when the other listened). */
export interface PeerCredentials {
  readonly uid: number
  readonly gid: number
  /** Missing where the process is of a namespace that we do not see. */
  readonly pid?: number
  /** When that process started, in clock ticks since boot as /proc has it; missing once it has ended. */
  readonly startTime?: bigint
  /** Its security label (SELinux context, AppArmor profile), where the kernel labels sockets. */
  readonly label?: string
}

/** Peers of unix sockets. */
export interface Peers {
  /**
   * What the kernel says of the peer. No word of the peer itself goes into it.
   *
   * The start time is read between two looks at the process (where the kernel gives a pidfd, Linux 6.5), so that it
   * is not that of another process that was given the number since.
   *
   * @param socket a socket of Node, or a descriptor; the caller keeps it
   * @throws EAFNOSUPPORT for anything but a unix socket, ENOTCONN, EBADF
   * @since 0.1.0
   */
  credentials(socket: Socket | number): PeerCredentials
  /**
   * The peer's process, to be signalled or waited for; undefined where the kernel cannot name it (before Linux 6.5).
   *
   * @throws as `credentials`
   * @since 0.1.0
   */
  process(socket: Socket | number): Process | undefined
}

/** Peers by SO_PEERCRED, SO_PEERSEC and SO_PEERPIDFD. */
export function peersOf(binding: Binding): Peers {
  return {
    credentials(socket) {
      const { pid, uid, gid, label, pidfd } = binding.peerCredentials(fdOf(socket))
      try {
        const time = pid > 0 ? binding.startTime(pid) : undefined
        const same = time !== undefined && (pidfd === undefined || !binding.pidfdEnded(pidfd))
        return {
          uid,
          gid,
          ...(pid > 0 ? { pid } : {}),
          ...(same ? { startTime: time } : {}),
          ...(label === undefined ? {} : { label }),
        }
      } finally {
        if (pidfd !== undefined) binding.closeFd(pidfd)
      }
    },
    process(socket) {
      const { pid, pidfd } = binding.peerCredentials(fdOf(socket))
      return pidfd === undefined ? undefined : new Process(binding, pid, pidfd)
    },
  }
}
