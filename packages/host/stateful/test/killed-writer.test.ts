// SPDX-License-Identifier: LGPL-2.1-or-later
// A writer that is killed at any moment leaves every file as it was before a change or after it, and keeps what it has confirmed.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ts from 'typescript'
import { expect, it } from 'vitest'

const source = join(import.meta.dirname, '../src')
const kills = process.env.VIRT_LONG === '1' ? 300 : 12

// Each document holds its number and a digest of all of it.
const program = `
import { createHash } from 'node:crypto'
import { DurableFiles } from './durable.js'
const after = (ms, fn) => {
  const timer = setTimeout(fn, ms)
  return { [Symbol.dispose]: () => clearTimeout(timer) }
}
const files = new DurableFiles({ clock: { now: Date.now, after } })
const folder = process.argv[2]
const digest = (text) => createHash('sha256').update(text).digest('hex')
const document = (n) => { const body = n + ':' + 'x'.repeat(20000 + (n * 7919) % 90000); return body + ':' + digest(body) }
let status = 0
const latest = files.latest(folder + '/status', () => document(status), { volatile: true })
for (let n = Number(process.argv[3]); ; n++) {
  status = n
  latest.changed()
  await Promise.all([0, 1, 2].map((i) => files.write(folder + '/' + i, document(n)).then(() => process.stdout.write(i + ' ' + n + '\\n'))))
  if (n % 3 === 0) await latest.saved().then(() => process.stdout.write('status ' + n + '\\n'))
}
`

/** Numbers that look random and are the same in every run with this seed. */
function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

it(`leaves old or new, never half (${kills} kills)`, { timeout: 300_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'killed-'))
  const data = join(folder, 'data')
  try {
    for (const name of ['durable', 'folder-sync']) {
      const { outputText } = ts.transpileModule(readFileSync(join(source, `${name}.ts`), 'utf8'), {
        compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
      })
      writeFileSync(join(folder, `${name}.js`), outputText)
    }
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    writeFileSync(join(folder, 'writer.js'), program)
    mkdirSync(data)
    const seed = Number(process.env.VIRT_SEED ?? 20240229)
    const next = random(seed)
    const confirmed = new Map<string, number>()
    let start = 1
    for (let round = 0; round < kills; round++) {
      // Moments are counted in what the writer says, so that a slow machine is killed as variously as a fast one.
      const after = 1 + Math.floor(next() * 25)
      const pause = Math.floor(next() * 12)
      await new Promise<void>((resolve, reject) => {
        const child = spawn(process.execPath, [join(folder, 'writer.js'), data, `${start}`], {
          stdio: ['ignore', 'pipe', 'inherit'],
        })
        let lines = 0
        let rest = ''
        child.stdout.setEncoding('utf8').on('data', (text: string) => {
          const parts = (rest + text).split('\n')
          rest = parts.pop() ?? ''
          for (const part of parts) {
            const [file = '', number] = part.split(' ')
            confirmed.set(file, Number(number))
            if (++lines === after) setTimeout(() => child.kill('SIGKILL'), pause)
          }
        })
        child.on('error', reject)
        child.on('close', (code) => {
          if (code === null) resolve()
          else reject(new Error(`the writer ended by itself with ${code}`))
        })
      })
      for (const file of readdirSync(data).filter((name) => !name.endsWith('.new'))) {
        const text = readFileSync(join(data, file), 'utf8')
        const at = text.lastIndexOf(':')
        const whole = createHash('sha256').update(text.slice(0, at)).digest('hex') === text.slice(at + 1)
        expect(whole, `seed ${seed}, round ${round}: ${file} is whole`).toBe(true)
        const number = Number(text.slice(0, text.indexOf(':')))
        expect(number, `seed ${seed}, round ${round}: ${file}`).toBeGreaterThanOrEqual(confirmed.get(file) ?? 0)
        start = Math.max(start, number + 1)
      }
    }
    expect(confirmed.size).toBe(4)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
