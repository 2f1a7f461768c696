// SPDX-License-Identifier: LGPL-2.1-or-later
import { describe, expect, it } from 'vitest'
import { cgroupMounts } from '../src/cgroup-mounts.js'

const v1 = (target: string, options: string) => `cgroup ${target} cgroup rw,nosuid,${options} 0 0`
const v2 = (target: string) => `cgroup2 ${target} cgroup2 rw,nosuid 0 0`

describe('control groups', () => {
  it('are found by controller, several of which may share a tree', () => {
    const mounts = [v1('/cg/cpu,cpuacct', 'cpu,cpuacct'), v1('/cg/memory', 'memory')].join('\n')
    const { controllers, unified } = cgroupMounts(mounts, '2:cpu,cpuacct:/a\n1:memory:/b:c\n')
    expect(controllers.get('cpu')).toEqual({ mount: '/cg/cpu,cpuacct', own: '/a' })
    expect(controllers.get('cpuacct')).toEqual({ mount: '/cg/cpu,cpuacct', own: '/a' })
    expect(controllers.get('memory')).toEqual({ mount: '/cg/memory', own: '/b:c' })
    expect(controllers.has('blkio')).toBe(false)
    expect(unified).toBeUndefined()
  })

  it('are seen where they were mounted last, and under names with blanks', () => {
    const mounts = [v1('/old', 'freezer'), v1('/new\\040place', 'freezer')].join('\n')
    expect(cgroupMounts(mounts, '').controllers.get('freezer')).toEqual({ mount: '/new place', own: undefined })
  })

  it('are not told by a part of an option', () => {
    const mounts = v1('/cg/cpuset', 'cpuset,release_agent=/cpu,name=openrc')
    expect([...cgroupMounts(mounts, '').controllers.keys()]).toEqual(['cpuset'])
  })

  it('leave devices to version 2 where both are there', () => {
    const mounts = [v1('/cg/devices', 'devices'), v1('/cg/cpuset', 'cpuset'), v2('/cg/unified')].join('\n')
    const { controllers, unified } = cgroupMounts(mounts, '1:devices:/a\n0::/b\n')
    expect([...controllers.keys()]).toEqual(['cpuset'])
    expect(unified).toEqual({ mount: '/cg/unified', own: '/b' })
  })
})
