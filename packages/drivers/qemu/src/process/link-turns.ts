// SPDX-License-Identifier: LGPL-2.1-or-later
// What shares a link of the host's is heard there only while the guest's processors run. They may stop and go on faster than a link is turned:
// each turn of a run waits for the one before.
import type { QemuDomain } from '../domain/record.js'
import { turnMacvtaps } from '../resources/macvtaps.js'
import type { QemuState } from '../state.js'
import type { Run } from './run.js'

const last = new WeakMap<Run, Promise<void>>()

/** Turns the links of a run after all turns before. What fails is only noted: the guest goes on. */
export function turnLinks(state: QemuState, domain: QemuDomain, run: Run, up: boolean): Promise<void> {
  const turn = (last.get(run) ?? Promise.resolve()).then(async () => {
    // Links of that name may be another run's by now.
    if (domain.run !== run) return
    await turnMacvtaps(state.native, domain.def, up).catch((error: unknown) =>
      state.services.log.warn(`${domain.name}: ${(error as Error).message}`),
    )
  })
  last.set(run, turn)
  return turn
}

/** Turns the links of a run that was found, as it was found; what QEMU has told of it meanwhile is newer. */
export async function turnFoundLinks(state: QemuState, domain: QemuDomain, run: Run, up: boolean): Promise<void> {
  await (last.get(run) ?? turnLinks(state, domain, run, up))
}
