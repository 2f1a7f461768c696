// SPDX-License-Identifier: LGPL-2.1-or-later
import { virtError } from '@virt/core'
import { FakeClock } from '@virt/rpc/testing'
import { describe, expect, it } from 'vitest'
import { parseFilters, parseOutputs } from '../src/log-syntax.js'
import { Logging } from '../src/logging.js'

function bench() {
  const said: Record<string, string[]> = {}
  const closed: string[] = []
  const logging = new Logging({
    clock: new FakeClock(),
    greeting: ['hello'],
    open(to) {
      const name = to.kind === 'file' ? to.path : to.kind === 'syslog' ? to.name : to.kind
      if (name === '/full') throw virtError(38, 0, 'failed to open /full')
      said[name] = []
      return {
        write: ({ priority, source, message }) => void said[name]?.push(`${priority} ${source} ${message}`),
        close: () => void closed.push(name),
      }
    },
  })
  return { logging, said, closed }
}

describe('filters', () => {
  it.each([
    ['1:foo', 'a.foo.b', true],
    ['1:foo', 'a.fo.b', false],
    ['1:rpc.*client', 'rpc.netclient', true],
    ['1:rpc.*client', 'rpc.netserver', false],
    ['1:a?c', 'xabcx', true],
    ['1:q[!a]', 'qa', false],
    ['1:q[!a]', 'qb', true],
    ['1:q[a-c]', 'qb', true],
    ['1:a.c', 'abc', false],
    ['1:[', 'a[b', true],
    ['1:+plus', 'plus', true],
  ])('%s on %s: %s', (text, source, applies) => {
    expect(parseFilters(text)[0]?.applies(source)).toBe(applies)
  })

  it.each([
    ['x', "invalid argument: Malformed format for filter 'x'"],
    ['9:foo', "invalid argument: Invalid priority '9' for filter '9:foo'"],
    ['1:', "invalid argument: Invalid match string ''"],
    ['1:foo 2', "invalid argument: Malformed format for filter '2'"],
  ])('refuse %s', (text, message) => {
    expect(() => parseFilters(text)).toThrow(message)
  })

  it('decide by the first that applies, in the place of the level', () => {
    const { logging, said } = bench()
    logging.outputs = '1:stderr'
    logging.filters = '4:rpc.netserver 1:rpc  2:test'
    const [server, client, test, other] = ['rpc.netserver', 'rpc.netclient', 'test.x', 'qemu'].map((s) =>
      logging.logger(s),
    )
    for (const log of [server, client, test, other]) {
      log?.debug('d')
      log?.info('i')
      log?.warn('w')
      log?.error('e')
    }
    expect(said.stderr?.slice(1)).toEqual([
      '4 rpc.netserver e',
      '1 rpc.netclient d',
      '2 rpc.netclient i',
      '3 rpc.netclient w',
      '4 rpc.netclient e',
      '2 test.x i',
      '3 test.x w',
      '4 test.x e',
      '3 qemu w',
      '4 qemu e',
    ])
    expect(logging.filters).toBe('4:*rpc.netserver* 1:*rpc* 2:*test*')
    expect(logging.filterCount).toBe(3)
  })

  it('count at once for those that speak already', () => {
    const { logging, said } = bench()
    logging.outputs = '1:stderr'
    const log = logging.logger('rpc')
    log.debug('before')
    logging.filters = '1:rpc'
    log.debug('after')
    logging.filters = ''
    logging.level = 1
    log.debug('by level')
    expect(said.stderr?.slice(1)).toEqual(['1 rpc after', '1 rpc by level'])
  })
})

describe('outputs', () => {
  it.each([
    ['1', "invalid argument: Malformed format for log output '1'"],
    ['7:stderr', "invalid argument: Invalid log priority '7' for log output '7:stderr'"],
    ['1:foo', "invalid argument: Invalid log destination 'foo' for log output '1:foo'"],
    ['1:stderr:x', "Log output '1:stderr:x' does not meet the format requirements for destination type 'stderr'"],
    ['1:file', "Log output '1:file' does not meet the format requirements for destination type 'file'"],
    ['1:syslog', "Log output '1:syslog' does not meet the format requirements for destination type 'syslog'"],
  ])('refuse %s', (text, message) => {
    expect(() => parseOutputs(text)).toThrow(message)
  })

  it('get what is important enough for each, after a greeting', () => {
    const { logging, said } = bench()
    logging.level = 1
    logging.outputs = '3:stderr 1:file:/a  4:syslog:me'
    const log = logging.logger('x')
    log.debug('d')
    log.warn('w')
    log.error('e')
    expect(said).toEqual({
      stderr: ['2  hello', '3 x w', '4 x e'],
      '/a': ['2  hello', '1 x d', '3 x w', '4 x e'],
      me: ['2  hello', '4 x e'],
    })
    expect(logging.outputs).toBe('3:stderr 1:file:/a 4:syslog:me')
  })

  it('stay as they were when one of the new ones cannot be opened', () => {
    const { logging, said, closed } = bench()
    logging.outputs = '1:file:/a'
    expect(() => {
      logging.outputs = '1:file:/b 1:file:/full'
    }).toThrow('failed to open /full')
    logging.logger('x').error('e')
    expect(logging.outputs).toBe('1:file:/a')
    expect(said['/a']).toContain('4 x e')
    expect(closed).toEqual(['/b'])
  })

  it('are standard error at the level of now when none is named', async () => {
    const { logging, closed } = bench()
    logging.level = 2
    logging.outputs = ''
    expect(logging.outputs).toBe('2:stderr')
    await logging.close()
    expect(closed).toEqual(['stderr'])
  })
})

it('has four levels', () => {
  const { logging } = bench()
  for (const wrong of [0, 5, 1.5])
    expect(() => {
      logging.level = wrong
    }).toThrow(`Failed to set logging priority, argument '${wrong}' is invalid`)
  expect(logging.level).toBe(3)
})
