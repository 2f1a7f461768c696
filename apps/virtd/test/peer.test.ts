// SPDX-License-Identifier: GPL-2.0-or-later
import { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { identityOf } from '../src/peer.js'

const peerOf = (credentials: () => { uid: number; gid: number; pid?: number; startTime?: bigint; label?: string }) => ({
  peers: { credentials, process: () => undefined },
})

describe('the identity of a peer', () => {
  it('is what the kernel says, with names from the files of users and groups', () => {
    const label = 'system_u:system_r:init_t:s0'
    const native = peerOf(() => ({ uid: 0, gid: 0, pid: 42, startTime: 99n, label }))
    expect(identityOf(native, new Socket())).toEqual({
      unixUserId: 0,
      unixGroupId: 0,
      userName: 'root',
      groupName: 'root',
      processId: 42,
      processTime: 99n,
      selinuxContext: label,
    })
  })

  it('leaves out what is not known', () => {
    const native = peerOf(() => ({ uid: 4294967, gid: 4294968 }))
    expect(identityOf(native, new Socket())).toEqual({ unixUserId: 4294967, unixGroupId: 4294968 })
  })

  it('is empty without the addon, and for a peer that has gone', () => {
    expect(identityOf(undefined, new Socket())).toEqual({})
    const native = peerOf(() => {
      throw new Error('EBADF')
    })
    expect(identityOf(native, new Socket())).toEqual({})
  })
})
