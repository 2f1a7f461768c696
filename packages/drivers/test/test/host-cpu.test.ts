// SPDX-License-Identifier: LGPL-2.1-or-later
import { gate } from '@virt/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Bench, failure, open } from './support.js'

let bench: Bench
beforeEach(async () => {
  bench = await open()
})
afterEach(() => bench.close())

describe('models of processors', () => {
  const names = (arch: string, flags = 0) =>
    gate.connectGetCPUModelNames(bench.session, bench.call('connectGetCPUModelNames'), arch, flags) as string[]

  it('have names, or none where all are accepted', () => {
    expect(names('x86_64')).toContain('EPYC-Genoa-v1')
    expect(names('ppc64')).toEqual(expect.arrayContaining(['POWER9', 'POWER10']))
    expect(names('s390x')).toEqual([])
  })

  it('are of architectures that there are', () => {
    expect(failure(() => names('moon'))).toBe('8/12 invalid argument: cannot find architecture moon')
    expect(failure(() => names('sparc'))).toBe(
      "3/31 this function is not supported by the connection driver: 'sparc' architecture is not supported by CPU driver",
    )
    expect(failure(() => names('x86_64', 1))).toMatch(
      /unsupported flags \(0x1\) in function testConnectGetCPUModelNames$/,
    )
  })
})

describe('the baseline', () => {
  const host = (inner: string) => `<cpu><arch>x86_64</arch>${inner}</cpu>`
  const baseline = (texts: readonly string[], flags = 0) =>
    gate.connectBaselineCPU(bench.session, bench.call('connectBaselineCPU'), texts, flags)

  it('is what all have, by name if asked for', () => {
    const texts = [host('<model>486</model>'), host("<model>486</model><feature name='aes'/>")]
    expect(baseline(texts)).toBe("<cpu mode='custom' match='exact'>\n  <model fallback='forbid'>486</model>\n</cpu>\n")
    expect(baseline(texts, 1)).toContain("<feature policy='require' name='vme'/>")
  })

  it('fails with errors of the models', () => {
    expect(failure(() => baseline([host('<model>Moon</model>')]))).toBe('1/31 internal error: Unknown CPU model Moon')
    expect(failure(() => baseline([]))).toMatch(/^8\//)
    expect(failure(() => baseline(['<cpu><model>486</model></cpu>']))).toBe('27/31 XML error: Missing CPU architecture')
    expect(failure(() => baseline([host('<model>486</model>')], 2))).toMatch(
      /unsupported flags \(0x2\) in function testConnectBaselineCPU$/,
    )
  })
})
