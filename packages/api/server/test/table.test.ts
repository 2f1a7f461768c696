// SPDX-License-Identifier: LGPL-2.1-or-later
import { Program, procedures } from '@virt/rpc'
import { expect, test } from 'vitest'
import { adminPrograms } from '../src/admin.js'
import { programTable } from '../src/table.js'

test.each(['remote', 'qemu', 'lxc'] as const)('every call of program %s leads somewhere', (program) => {
  const entries = programTable.get(Program[program])
  for (const { name, number, kind } of procedures(program)) {
    const entry = entries?.at(number)
    if (kind !== 'call') expect(entry, name).toBeUndefined()
    else expect(entry?.own ?? entry?.binding, name).toBeDefined()
  }
})

test('every call of the program for administrators has an answer', () => {
  const entries = adminPrograms({} as never).get(Program.admin)
  const calls = procedures('admin').filter(({ kind }) => kind === 'call')
  expect(calls.filter(({ number }) => entries?.at(number)?.own === undefined)).toEqual([])
})

test('an entry is made once, and none for numbers that nobody has', () => {
  const entries = programTable.get(Program.remote)
  expect(entries?.at(1)).toBe(entries?.at(1))
  expect(entries?.at(0)).toBeUndefined()
  expect(entries?.at(0x7fffffff)).toBeUndefined()
})
