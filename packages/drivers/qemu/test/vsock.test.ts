// SPDX-License-Identifier: LGPL-2.1-or-later
import { type Domain, domain as documents } from '@virt/conf'
import { describe, expect, it } from 'vitest'
import { recordFor } from '../src/domain/owner.js'
import type { QemuDomain } from '../src/domain/record.js'
import { withVsockNumber } from '../src/resources/vsock.js'
import type { QemuState } from '../src/state.js'
import { runningGuest } from './guest.js'

/** A guest that is about to run. */
function starting(state: QemuState, number: number, cid: string): QemuDomain {
  const uuid = `f1f2f3f4-0000-4000-8000-00000000010${number}`
  const xml = `<domain type='qemu'><name>g${number}</name><uuid>${uuid}</uuid><memory>4096</memory>
    <os><type arch='x86_64' machine='pc'>hvm</type></os><devices><vsock model='virtio'><cid ${cid}/></vsock></devices></domain>`
  const domain = recordFor(state, documents.parse(xml, { raw: true }))
  domain.id = number
  state.domains.add(domain)
  return domain
}

const numberOf = ({ devices }: Domain): unknown => devices?.vsock?.cid?.address

describe('numbers of sockets between guest and host', () => {
  it('are each for one guest, with its own free to it', async () => {
    const { state } = await runningGuest()
    const [fixed, one, other] = ["auto='no' address='3'", "auto='yes' address='4'", "auto='yes'"].map((cid, i) =>
      starting(state, i + 2, cid),
    ) as [QemuDomain, QemuDomain, QemuDomain]
    expect(numberOf(withVsockNumber(state, fixed, fixed.def))).toBe(3)
    one.def = withVsockNumber(state, one, one.def)
    expect(numberOf(one.def)).toBe(4)
    other.def = withVsockNumber(state, other, other.def)
    expect(numberOf(other.def)).toBe(5)
  })
})
