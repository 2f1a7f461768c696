// SPDX-License-Identifier: GPL-2.0-or-later
// Compiles the examples of READMEs, docs and package comments. An example is a block of TypeScript that begins with an
// import: a program. Blocks that do not are fragments, and nobody compiles those. Last line: `N passed, N failed`.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { files, textOf } from '../lint/files.mjs'
import { repo } from '../setup/run.mjs'

const folder = join(repo, '.test/examples')
const blocks = files
  .filter((path) => /(?:^|\/)README\.md$|^docs\/.*\.md$|^packages\/.*\/src\/index\.ts$/.test(path))
  .flatMap((path) => examplesIn(path, textOf(path)))

function examplesIn(path, text) {
  const plain = path.endsWith('.ts') ? text.replace(/^ \* ?/gm, '') : text
  return [...plain.matchAll(/^```ts\n(.*?)^```$/gms)]
    .map((match) => ({ path, line: plain.slice(0, match.index).split('\n').length + 1, code: match[1] }))
    .filter(({ code }) => code.startsWith('import '))
}

rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })
const named = new Map()
for (const [index, block] of blocks.entries()) {
  const file = join(folder, `${index}.ts`)
  writeFileSync(file, block.code)
  named.set(file, block)
}
const { config } = ts.readConfigFile(join(repo, 'tsconfig.json'), ts.sys.readFile)
const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [...named.keys()] }, ts.sys, repo)
const program = ts.createProgram([...named.keys()], options)
const broken = new Set()
for (const [file, { path, line }] of named) {
  const source = program.getSourceFile(file)
  for (const found of [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]) {
    broken.add(file)
    const at = line + source.getLineAndCharacterOfPosition(found.start ?? 0).line
    console.log(`FAIL ${path}:${at}: ${ts.flattenDiagnosticMessageText(found.messageText, ' ')}`)
  }
}
console.log(`${named.size - broken.size} passed, ${broken.size} failed`)
process.exitCode = broken.size > 0 ? 1 : 0
