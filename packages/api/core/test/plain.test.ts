// SPDX-License-Identifier: LGPL-2.1-or-later
import { describe, expect, it } from 'vitest'
import { fromPlain, type ParamType, type ParamValue, toPlain } from '../src/index.js'

const params = (...rows: [string, ParamType, ParamValue][]) => ({
  shape: { names: rows.map((r) => r[0]), types: rows.map((r) => r[1]) },
  values: rows.map((r) => r[2]),
})

describe('typed parameters as plain objects', () => {
  it('nest by dots, and have lists where names have numbers', () => {
    expect(
      toPlain(
        params(
          ['state.state', 1, 1],
          ['net.count', 2, 2],
          ['net.0.name', 7, 'vnet0'],
          ['net.0.rx.bytes', 4, 5],
          ['net.1.name', 7, 'vnet1'],
          ['if.0.addr.count', 2, 1],
          ['if.0.addr.0.prefix', 2, 24],
        ),
      ),
    ).toEqual({
      state: { state: 1 },
      net: [{ name: 'vnet0', rx: { bytes: 5n } }, { name: 'vnet1' }],
      if: [{ addr: [{ prefix: 24 }] }],
    })
  })

  it('have an empty list where the count is none', () => {
    expect(toPlain(params(['iothread.count', 2, 0]))).toEqual({ iothread: [] })
  })

  it('put beside a list what stands among its items', () => {
    expect(toPlain(params(['vcpu.current', 2, 1], ['vcpu.maximum', 2, 2], ['vcpu.0.state', 1, 1]))).toEqual({
      vcpuCurrent: 1,
      vcpuMaximum: 2,
      vcpu: [{ state: 1 }],
    })
    expect(toPlain(params(['vcpu.current', 2, 1], ['vcpu.maximum', 2, 2]))).toEqual({ vcpuCurrent: 1, vcpuMaximum: 2 })
  })

  it('are camelCase, 64 bits being bigints', () => {
    expect(toPlain(params(['hard_limit', 4, 7], ['vcpu-time', 3, -1], ['on', 6, true]))).toEqual({
      hardLimit: 7n,
      vcpuTime: -1n,
      on: true,
    })
  })

  it('keep repeated names as lists, and names of another form as they are', () => {
    expect(toPlain(params(['disk', 7, 'vda'], ['disk', 7, 'vdb'], ['a b', 1, 3]))).toEqual({
      disk: ['vda', 'vdb'],
      extra: { 'a b': 3 },
    })
  })

  it('come back with the types that libvirt has for the names', () => {
    const back = fromPlain({ hardLimit: 7n, weight: 5, extra: { 'a b': 'x' } })
    expect(back.shape.names).toEqual(['hard_limit', 'weight', 'a b'])
    expect(back.shape.types[0]).toBe(4)
    expect(back.values).toEqual([7n, 5, 'x'])
  })
})
