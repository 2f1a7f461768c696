// SPDX-License-Identifier: LGPL-2.1-or-later
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { describeKernel, native } from './kernel.js'

const sleeper = () => spawn('sleep', ['1000'], { stdio: 'ignore' })

describeKernel('processes', () => {
  it('are waited for by any number of callers, and signalled', async () => {
    const child = sleeper()
    using one = native.processes.open(child.pid as number)
    expect(one.ended).toBe(false)
    const waits = [one.wait(), one.wait()]
    one.kill(0)
    one.kill('SIGTERM')
    const [first, second] = await Promise.all(waits)
    expect(second).toEqual(first)
    expect(one.ended).toBe(true)
    expect(one.startTime).toBeUndefined()
    await once(child, 'close')
    expect(() => one.kill('SIGTERM')).toThrow(expect.objectContaining({ code: 'ESRCH', syscall: 'pidfd_send_signal' }))
  })

  it('give up waiting by signal', async () => {
    const child = sleeper()
    using one = native.processes.open(child.pid as number)
    await expect(one.wait({ signal: AbortSignal.timeout(5) })).rejects.toMatchObject({ name: 'TimeoutError' })
    one.kill('SIGKILL')
    await one.wait()
  })

  it('are found again by number and start time, and not by number alone', () => {
    const time = native.processes.startTime(process.pid)
    expect(time).toBeGreaterThan(0n)
    using one = native.processes.open(process.pid, time)
    expect(one.startTime).toBe(time)
    expect(() => native.processes.open(process.pid, (time as bigint) + 1n)).toThrow(
      expect.objectContaining({ code: 'ESRCH' }),
    )
    expect(native.processes.startTime(0x7fffffff)).toBeUndefined()
  })

  it('are refused by numbers that are none, and after they were closed', () => {
    expect(() => native.processes.open(0)).toThrow(RangeError)
    expect(() => native.processes.open(1.5)).toThrow(RangeError)
    expect(() => native.processes.open(0x7fffffff)).toThrow(expect.objectContaining({ code: 'ESRCH' }))
    const one = native.processes.open(process.pid)
    expect(() => one.kill('SIGNOTHING' as NodeJS.Signals)).toThrow(TypeError)
    one.close()
    one.close()
    expect(() => one.kill(0)).toThrow(expect.objectContaining({ code: 'EBADF' }))
  })
})
