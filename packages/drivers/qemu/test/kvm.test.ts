// SPDX-License-Identifier: LGPL-2.1-or-later
import type { Native, Process } from '@virt/native'
import { describe, expect, it } from 'vitest'
import { kvmRunsGuests } from '../src/host/kvm.js'
import { FakeClock, settle } from './fake-clock.js'

type Accelerator = 'kvm' | 'tcg'
const success = 0x2b

/** Guests that end when a test says so; a killed one has no exit status. */
function guests(clock: FakeClock) {
  const ends = new Map<Accelerator, (code: number | undefined) => void>()
  const killed: Accelerator[] = []
  const spawn = ({ args }: { args: readonly string[] }): Promise<Process> => {
    const accelerator: Accelerator = args.includes('pc,accel=kvm') ? 'kvm' : 'tcg'
    let ended = false
    const code = new Promise<number | undefined>((resolve) => {
      ends.set(accelerator, (code) => {
        ended = true
        resolve(code)
      })
    })
    return Promise.resolve({
      get ended() {
        return ended
      },
      kill: () => {
        killed.push(accelerator)
        ends.get(accelerator)?.(undefined)
      },
      wait: async () => ({ code: await code }),
      [Symbol.dispose]: () => {},
    } as unknown as Process)
  }
  const native = { processes: { spawn } } as unknown as Native
  const verdict = kvmRunsGuests({ native, clock, emulator: 'qemu' })
  const ready = async (): Promise<void> => {
    while (ends.size < 2) await settle()
  }
  const end = async (accelerator: Accelerator, code: number): Promise<void> => {
    ends.get(accelerator)?.(code)
    await settle()
  }
  return { verdict, ready, end, killed }
}

describe('a trial of KVM', () => {
  it.each([
    { first: 'kvm', code: success, works: true },
    { first: 'kvm', code: 3, works: false },
    { first: 'tcg', code: success, works: true },
  ] as const)('is over when its guest is: $first first, $code', async ({ first, code, works }) => {
    const clock = new FakeClock()
    const trial = guests(clock)
    await trial.ready()
    await trial.end(first, first === 'kvm' ? code : success)
    if (first === 'tcg') await trial.end('kvm', code)
    expect(await trial.verdict).toBe(works)
    expect(clock.pending).toBe(0)
  })

  it('waits for a guest that hangs some times as long as it takes to emulate it', async () => {
    const clock = new FakeClock()
    const trial = guests(clock)
    await trial.ready()
    await clock.pass(50)
    await trial.end('tcg', success)
    // Its folder is removed first.
    while (clock.pending < 2) await settle()
    await clock.pass(499)
    expect(trial.killed).toEqual([])
    await clock.pass(1)
    expect(trial.killed).toEqual(['kvm'])
    expect(await trial.verdict).toBe(false)
    expect(clock.pending).toBe(0)
  })

  it('waits three seconds where emulation does not work either', async () => {
    const clock = new FakeClock()
    const trial = guests(clock)
    await trial.ready()
    await trial.end('tcg', 1)
    await clock.pass(2999)
    expect(trial.killed).toEqual([])
    await clock.pass(1)
    expect(trial.killed).toEqual(['kvm'])
    expect(await trial.verdict).toBe(false)
  })
})
