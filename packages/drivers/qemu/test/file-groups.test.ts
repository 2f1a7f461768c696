// SPDX-License-Identifier: LGPL-2.1-or-later
import { closeSync, fstatSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Domain } from '@virt/conf'
import type { Call } from '@virt/core'
import type { Native } from '@virt/native'
import { afterAll, describe, expect, it } from 'vitest'
import { FileGroups } from '../src/domain/file-groups.js'
import { ProcessFiles } from '../src/process/resources.js'
import { runningGuest } from './guest.js'

const top = mkdtempSync(join(tmpdir(), 'file-groups-'))
afterAll(() => rmSync(top, { recursive: true }))

/** Copies as the kernel's; one that is told to fail does. */
function nativeOf(fails = -1): Native {
  let count = 0
  const duplicate = (fd: number): number => {
    if (count++ === fails) throw Object.assign(new Error('too many open files'), { code: 'EMFILE' })
    return openSync(`/proc/self/fd/${fd}`, 'r+')
  }
  return { sockets: { duplicate, closeFd: closeSync } } as unknown as Native
}

/** A client that may go, and how many wait for that. */
function clientOf() {
  const waiting = new Set<() => void>()
  const connection = {
    onClose(fn: () => void): Disposable {
      waiting.add(fn)
      return { [Symbol.dispose]: () => void waiting.delete(fn) }
    },
  }
  const leave = (): void => {
    for (const fn of [...waiting]) fn()
  }
  return { call: { connection } as unknown as Call, waiting, leave }
}

const file = (name: string): number => openSync(join(top, name), 'w+')
const isOpen = (fd: number): boolean => {
  try {
    fstatSync(fd)
    return true
  } catch {
    return false
  }
}

describe('files that clients have opened', () => {
  it('go with their client, others of the name before that', () => {
    const groups = new FileGroups()
    const { call, waiting, leave } = clientOf()
    const fd = file('one')
    groups.take(nativeOf(), call, 'disk', [fd])
    const [first = -1] = groups.get('disk')
    expect(first).not.toBe(fd)
    groups.take(nativeOf(), call, 'disk', [fd])
    expect(isOpen(first)).toBe(false)
    expect(waiting.size).toBe(1)
    const [second = -1] = groups.get('disk')
    leave()
    expect(waiting.size).toBe(0)
    expect(isOpen(second)).toBe(false)
    expect(() => groups.get('disk')).toThrow("file descriptor group 'disk' was not associated with the domain")
    closeSync(fd)
  })

  it('are not kept for a client that has gone already', () => {
    const groups = new FileGroups()
    const onClose = (fn: () => void): Disposable => {
      fn()
      return { [Symbol.dispose]: () => {} }
    }
    const fd = file('gone')
    groups.take(nativeOf(), { connection: { onClose } } as unknown as Call, 'disk', [fd])
    expect(() => groups.get('disk')).toThrow('not associated')
    closeSync(fd)
  })

  it('are all taken or none', () => {
    const groups = new FileGroups()
    const { call, waiting } = clientOf()
    const fd = file('two')
    expect(() => groups.take(nativeOf(1), call, 'disk', [fd, fd])).toThrow('too many open files')
    expect(() => groups.get('disk')).toThrow('not associated')
    expect(waiting.size).toBe(0)
    closeSync(fd)
  })

  it('go with the guest', async () => {
    const { domain } = await runningGuest()
    const { call, waiting } = clientOf()
    const fd = file('three')
    domain.fileGroups.take(nativeOf(), call, 'disk', [fd])
    const [copy = -1] = domain.fileGroups.get('disk')
    domain.dispose()
    expect(isOpen(copy)).toBe(false)
    expect(waiting.size).toBe(0)
    closeSync(fd)
  })

  it('are the process’s while it starts, whatever the client does', async () => {
    const groups = new FileGroups()
    const { call, leave } = clientOf()
    const fd = file('four')
    groups.take(nativeOf(), call, 'disk', [fd])
    const files = new ProcessFiles(
      nativeOf(),
      { monitorPath: '', runFolder: '' },
      new Map(),
      undefined as never,
      groups,
    )
    const number = files.fd('disk', 'disk', 0)
    const output = { fd: 1 } as FileHandle
    const opened = (await files.openAll({} as Domain, output))[number] ?? -1
    leave()
    expect(fstatSync(opened).ino).toBe(fstatSync(fd).ino)
    await files.close()
    expect(isOpen(opened)).toBe(false)
    closeSync(fd)
  })
})
