// SPDX-License-Identifier: LGPL-2.1-or-later
// NUMA nodes have no more processors than the guest.
import { readSet } from '../../lang/value.js'
import type { Pass } from '../../runtime/context.js'
import type { Domain } from '../types.gen.js'
import { pass } from './devices.js'
import { internalError } from './report.js'

const counts = pass('processors of NUMA nodes', ({ cpu, vcpu }) => {
  let count = 0
  for (const { cpus } of cpu?.numa?.cells ?? []) count += readSet(cpus ?? '')?.length ?? 0
  if (count > (vcpu?.count ?? 1)) internalError('Number of CPUs in <numa> exceeds the <vcpu> count')
})

export const numaEarly: readonly Pass<Domain>[] = [counts]
