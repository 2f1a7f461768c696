// SPDX-License-Identifier: GPL-2.0-or-later
// Writes the interfaces of @virt/conf (src/*/types.gen.ts, inputs.gen.ts) from its schemas. Runs before the package is built: the
// sources are stripped of types into a scratch folder and loaded from there.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import ts from 'typescript'
import { InputWriter } from './src/inputs.mjs'
import { Writer } from './src/interfaces.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const source = join(root, 'packages/api/conf/src')
const scratch = join(root, `node_modules/.cache/confgen-${process.pid}`)

function files(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return files(path)
    return entry.name.endsWith('.ts') && !entry.name.endsWith('.gen.ts') ? [path] : []
  })
}

/** A schema module is `schema.ts`, or any file of a folder `schema`, below a document's folder. */
function isSchema(path) {
  return /\/schema\.ts$|\/schema\//.test(path)
}

function update(path, text) {
  let before = ''
  try {
    before = readFileSync(path, 'utf8')
  } catch {}
  if (before !== text) writeFileSync(path, text)
}

async function main() {
  const all = files(source)
  const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022, verbatimModuleSyntax: true }
  for (const path of all) {
    const out = join(scratch, relative(source, path)).replace(/\.ts$/, '.js')
    mkdirSync(dirname(out), { recursive: true })
    writeFileSync(out, ts.transpileModule(readFileSync(path, 'utf8'), { compilerOptions: options }).outputText)
  }
  writeFileSync(join(scratch, 'package.json'), '{"type":"module"}')
  const modules = []
  for (const path of all.filter(isSchema)) {
    const folder = relative(source, path).split('/')[0]
    const exports = await import(pathToFileURL(join(scratch, relative(source, path)).replace(/\.ts$/, '.js')).href)
    modules.push({ folder, exports })
  }
  const { Element } = await import(pathToFileURL(join(scratch, 'lang/field.js')).href)
  for (const writer of [new Writer(modules, Element), new InputWriter(modules, Element)])
    for (const [folder, text] of writer.documents()) update(join(source, folder, writer.file), text)
}

try {
  await main()
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
