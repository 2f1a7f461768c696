// SPDX-License-Identifier: LGPL-2.1-or-later
import { isVirtError } from '@virt/core'
import { describe, expect, it } from 'vitest'
import { HostFiles, hostTopology, readCpuTimes, readNodeInfo } from '../src/index.js'
import { host, processors } from './host.js'

const node = 'sys/devices/system/node'
const twoSockets = processors(
  [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ],
  [0, 1, 2, 3],
)

describe('the host in a few numbers', () => {
  it('counts sockets and cores without nodes', async () => {
    const files = host({ ...twoSockets, 'proc/meminfo': 'MemTotal:  2048 kB\n', 'proc/cpuinfo': 'cpu MHz\t: 1234.5\n' })
    expect(await readNodeInfo(files, 'x86_64')).toEqual({
      model: 'x86_64',
      memory: 2048n,
      cpus: 4,
      mhz: 1234,
      nodes: 1,
      sockets: 2,
      cores: 2,
      threads: 1,
    })
  })

  it('tells a machine that does not fit as one socket of many cores', async () => {
    const files = host(
      processors(
        [
          [0, 0],
          [0, 1],
          [1, 0],
        ],
        [0, 1],
      ),
    )
    expect(await readNodeInfo(files, 'x86_64')).toMatchObject({ cpus: 2, nodes: 1, sockets: 1, cores: 3, threads: 1 })
  })

  it('counts the threads of a subcore with the first of them', async () => {
    const files = host(
      processors(
        [
          [0, 0],
          [0, 0],
          [0, 8],
          [0, 8],
        ],
        [0, 2],
      ),
    )
    expect(await readNodeInfo(files, 'ppc64le', { threadsPerSubcore: 2 })).toMatchObject({
      cpus: 4,
      cores: 2,
      threads: 2,
    })
  })

  it('needs processors', async () => {
    await expect(readNodeInfo(host({}), 'x86_64')).rejects.toSatisfy(isVirtError)
  })
})

describe('the topology of the host', () => {
  it('puts everything into one cell where there are no nodes, and offline processors without place', async () => {
    const { topology } = await hostTopology(host({ ...twoSockets, 'sys/devices/system/cpu/online': '0-2' }))
    const [cell, ...others] = topology.cells?.cells ?? []
    expect(others).toEqual([])
    expect(cell?.cpus?.cpus.slice(1)).toEqual([
      { id: 1, socketId: 0, dieId: 0, clusterId: 0, coreId: 1, siblings: '1' },
      { id: 2, socketId: 1, dieId: 0, clusterId: 0, coreId: 0, siblings: '2' },
      { id: 3 },
    ])
  })

  it('counts small pages as what the huge ones leave', async () => {
    // A vector of one pair: the size of a page.
    const vector = new BigUint64Array([6n, 8192n, 0n, 0n])
    const files = host({
      ...twoSockets,
      'proc/self/auxv': new Uint8Array(vector.buffer),
      [`${node}/online`]: '0,2',
      [`${node}/node0/cpulist`]: '0-1',
      [`${node}/node0/distance`]: '10 20',
      [`${node}/node0/meminfo`]: 'Node 0 MemTotal:       16384 kB\n',
      [`${node}/node0/hugepages/hugepages-2048kB/nr_hugepages`]: '3',
      [`${node}/node2/cpulist`]: '',
    })
    const { topology } = await hostTopology(files)
    expect(topology.cells?.cells[0]).toMatchObject({
      memory: 16384n,
      pages: [
        { size: 8n, count: 1280n },
        { size: 2048n, count: 3n },
      ],
      distances: [
        { id: 0, value: 10 },
        { id: 2, value: 20 },
      ],
    })
    expect(topology.cells?.cells[1]).toMatchObject({ id: 2, memory: 0n, cpus: { cpus: [] } })
  })

  it('reads this host', async () => {
    if (process.platform !== 'linux') return
    const { topology } = await hostTopology(new HostFiles())
    const cpus = topology.cells?.cells.flatMap((cell) => cell.cpus?.cpus ?? []) ?? []
    expect(cpus.length).toBeGreaterThan(0)
    expect((await readCpuTimes(new HostFiles())).idle).toBeGreaterThan(0n)
  })
})
