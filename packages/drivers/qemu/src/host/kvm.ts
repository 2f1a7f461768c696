// SPDX-License-Identifier: LGPL-2.1-or-later
// Whether KVM runs guests on this host. A device that opens is no answer: where machines are nested, some let a guest be made whose
// code then never gets anywhere. So a guest of a few hundred bytes has to run to its end.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '@virt/core'
import type { Native, Process } from '@virt/native'

/**
 * Code of a firmware: it clears three pages at 0x1000 and makes them tables that map the first 2 MiB; turns on PAE, SSE and long mode,
 * and jumps into 64 bits behind a descriptor table of its own; swaps 16 bytes under a lock; adds in an SSE register; asks CPUID a
 * thousand times; and writes 0x15 to port 0xf4, or 1 when something came out wrong.
 */
const code = [
  'fafc31c08ed88ec0bf0010b9000c6631c066f3ab66c70600100320000066c70600200330000066c70600308300000066',
  'b8001000000f22d80f20e0660d200200000f22e066b9800000c00f32660d000100000f300f20c0660d010000800f22c0',
  '2e660f0116800066ea86000f000800900000000000000000ffff0000009aaf000f0070000f00bc0070000048c7042500',
  '5000000100000048c704250850000002000000b801000000ba02000000bb03000000b904000000f0480fc70c25005000',
  '00754348833c2500500000037538660f6f042500500000660fd4c0660f7f04251050000048833c2510500000067517be',
  'e803000031c00fa2e808000000ffce75f3b015eb03c3b00166baf400eef4ebfd',
]
const romSize = 65_536
/** Where the processor begins: a far jump to the code's start. */
const reset = { at: 0xfff0, jump: [0xea, 0x00, 0x00, 0x00, 0xf0] }
/** What QEMU's exit device makes of 0x15. */
const success = (0x15 << 1) | 1

/** The firmware. */
export function testRom(): Uint8Array {
  const rom = Buffer.alloc(romSize)
  rom.write(code.join(''), 'hex')
  rom.set(reset.jump, reset.at)
  return rom
}

/** What a trial needs. */
export interface Trial {
  readonly native: Native
  readonly clock: Clock
  readonly emulator: string
}

/** Milliseconds after which a trial is lost. */
const longest = 3000
/** How many times as long as the emulated guest the other may take, and some milliseconds for the chance of the moment. */
const patience = { factor: 6, more: 250 }

/**
 * Whether guests run with KVM. The same guest is emulated beside it: how long that takes says what to expect of this host just now,
 * so that a guest that hangs need not be waited for as long as a slow host might need.
 * @returns never throws for a guest that does not run
 */
export async function kvmRunsGuests(trial: Trial): Promise<boolean> {
  const enough = new AbortController()
  const begin = trial.clock.now()
  const accelerated = runsGuest(trial, 'kvm', enough.signal)
  let timer: Disposable | undefined
  const emulated = runsGuest(trial, 'tcg', enough.signal).then((worked) => {
    const { factor, more } = patience
    const took = trial.clock.now() - begin
    if (worked && !enough.signal.aborted) timer = trial.clock.after(took * (factor - 1) + more, () => enough.abort())
  })
  const works = await accelerated
  enough.abort()
  await emulated
  timer?.[Symbol.dispose]()
  return works
}

/** Runs the firmware. @returns whether it came to its end as it should, before the signal or the longest time */
export async function runsGuest(
  { native, clock, emulator }: Trial,
  accelerator: 'kvm' | 'tcg',
  signal?: AbortSignal,
): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'virt-kvm-'))
  try {
    const rom = join(folder, 'rom')
    await writeFile(rom, testRom())
    const guest = await native.processes
      .spawn({
        file: emulator,
        args: [
          ...['-machine', `pc,accel=${accelerator}`, '-no-user-config', '-nodefaults', '-display', 'none', '-m', '8'],
          ...['-device', 'isa-debug-exit,iobase=0xf4,iosize=4', '-bios', rom],
        ],
        env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
        // A guest that hangs would go on for ever.
        dieWithParent: true,
      })
      .catch(() => undefined)
    if (guest === undefined) return false
    using held = guest
    return (await endOf(held, clock, signal)) === success
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The exit status; undefined when it had to be killed. */
async function endOf(guest: Process, clock: Clock, signal: AbortSignal | undefined): Promise<number | undefined> {
  const kill = (): void => {
    if (!guest.ended) guest.kill('SIGKILL')
  }
  using _timer = clock.after(longest, kill)
  signal?.addEventListener('abort', kill)
  try {
    if (signal?.aborted) kill()
    return (await guest.wait()).code
  } finally {
    signal?.removeEventListener('abort', kill)
  }
}
