// SPDX-License-Identifier: LGPL-2.1-or-later
import type { Run } from './run.js'

/** Tells QEMU where a guest comes from. One that can stays when the guest does not come, and says why. @throws VirtError */
export async function takeFrom({ monitor, facts }: Run, uri: string): Promise<void> {
  const stays = facts.caps.flags.has('migrate-incoming.exit-on-error')
  await monitor.command('migrate-incoming', { uri, ...(stays ? { 'exit-on-error': false } : {}) })
}
