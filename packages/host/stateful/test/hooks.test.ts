// SPDX-License-Identifier: LGPL-2.1-or-later
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Hooks } from '../src/hooks.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hooks-'))
  mkdirSync(join(folder, 'qemu.d'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

function script(name: string, body: string, mode = 0o755): void {
  writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`)
  chmodSync(join(folder, name), mode)
}

describe('hooks', () => {
  it('are none until there are some', async () => {
    expect(await new Hooks(folder, 'qemu').call({ object: 'web', operation: 'prepare' })).toBeUndefined()
    expect(await new Hooks(join(folder, 'none'), 'qemu').scripts()).toEqual([])
  })

  it('get the occasion as arguments and the document as input', async () => {
    script('qemu', `echo "$@" > ${folder}/args; cat > ${folder}/input`)
    const hooks = new Hooks(folder, 'qemu')
    await hooks.call({ object: 'web', operation: 'start', phase: 'begin', input: '<domain/>' })
    expect(readFileSync(join(folder, 'args'), 'utf8')).toBe('web start begin -\n')
    expect(readFileSync(join(folder, 'input'), 'utf8')).toBe('<domain/>')
  })

  it('run in order: the one of the driver, then those of its folder by name; what is no program is passed over', async () => {
    for (const name of ['qemu.d/b', 'qemu.d/a', 'qemu']) script(name, `echo ${name} >> ${folder}/order`)
    script('qemu.d/c', 'exit 1', 0o644)
    mkdirSync(join(folder, 'qemu.d/d'))
    await new Hooks(folder, 'qemu').call({ object: 'web', operation: 'prepare' })
    expect(readFileSync(join(folder, 'order'), 'utf8')).toBe('qemu\nqemu.d/a\nqemu.d/b\n')
  })

  it('hand on what they answer', async () => {
    script('qemu', 'sed s/a/b/')
    script('qemu.d/quiet', 'cat > /dev/null')
    script('qemu.d/z', 'sed s/b/c/')
    expect(await new Hooks(folder, 'qemu').call({ object: 'web', operation: 'migrate', input: '<a/>' })).toBe('<c/>')
  })

  it.each([
    ['exit 3', 'unexpected exit status 3'],
    ['echo no such disk >&2; exit 1', 'unexpected exit status 1: no such disk'],
    ['kill -9 $$', 'unexpected fatal signal SIGKILL'],
  ])('that end with `%s` fail the step', async (body, text) => {
    script('qemu', body)
    script('qemu.d/after', `touch ${folder}/ran`)
    const call = new Hooks(folder, 'qemu').call({
      object: 'web',
      operation: 'prepare',
      phase: 'begin',
      input: 'x'.repeat(1 << 18),
    })
    await expect(call).rejects.toMatchObject({
      number: 70,
      message: `Hook script execution failed: internal error: Child process (${folder}/qemu web prepare begin -) ${text}`,
    })
    expect(() => readFileSync(join(folder, 'ran'))).toThrow()
  })

  it('that cannot be started fail the step', async () => {
    writeFileSync(join(folder, 'qemu'), '#!/no/such/shell\n', { mode: 0o755 })
    await expect(new Hooks(folder, 'qemu').call({ object: 'web', operation: 'start' })).rejects.toMatchObject({
      number: 70,
    })
  })
})
