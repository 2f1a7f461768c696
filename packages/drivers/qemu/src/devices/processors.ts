// SPDX-License-Identifier: LGPL-2.1-or-later
// Processors: how many and in which order, threads for input and output.
import type { Build } from '../command/build.js'
import { listProps } from '../command/props.js'

/** `-smp` */
export function processors(build: Build): void {
  const { vcpu, vcpus, cpu } = build.domain
  const most = vcpu?.count ?? 1
  // Those that can be plugged are added by the monitor before the guest runs.
  const plugged = vcpus.filter((one) => one.enabled && one.hotpluggable === true).length
  const online = vcpu?.current ?? most
  const { topology } = cpu ?? {}
  const clusters = topology !== undefined && build.has('smp-clusters')
  build.add(
    '-smp',
    listProps(String(online - plugged), {
      maxcpus: online - plugged === most ? undefined : most,
      sockets: topology?.sockets ?? most,
      dies: topology === undefined || !build.has('smp-dies') ? undefined : topology.dies,
      clusters: clusters ? topology.clusters : undefined,
      cores: topology?.cores ?? 1,
      threads: topology?.threads ?? 1,
    }),
  )
}

/** `-object iothread` */
export function iothreads(build: Build): void {
  for (const { id, thread_pool_min, thread_pool_max, poll } of build.domain.iothreadids)
    build.object({
      'qom-type': 'iothread',
      id: `iothread${id}`,
      'thread-pool-min': thread_pool_min,
      'thread-pool-max': thread_pool_max,
      'poll-max-ns': poll?.max,
      'poll-grow': poll?.grow,
      'poll-shrink': poll?.shrink,
    })
  const usual = build.domain.defaultiothread
  if (usual !== undefined)
    build.object({
      'qom-type': 'main-loop',
      id: 'main-loop',
      'thread-pool-min': usual.thread_pool_min,
      'thread-pool-max': usual.thread_pool_max,
    })
}
