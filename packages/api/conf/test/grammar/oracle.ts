// SPDX-License-Identifier: LGPL-2.1-or-later
// libvirt's own grammars as an oracle: libxml2's RELAX NG validator over the files of the corpus.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { RelaxNGValidator, XmlDocument } from 'libxml2-wasm'
import { xmlRegisterFsInputProviders } from 'libxml2-wasm/lib/nodejs.mjs'
import { type DocumentKind, parseTree, type XmlTree } from '../../src/index.js'

export const corpus: string = join(
  process.env.VIRT_SHARED ?? join(import.meta.dirname, '../../../../../../shared'),
  'corpus',
)
/** Whether there is a corpus to compare with. */
export const hasCorpus: boolean = existsSync(join(corpus, 'schemas'))

const validators = new Map<string, RelaxNGValidator>()
function validator(grammar: string): RelaxNGValidator {
  let made = validators.get(grammar)
  if (made === undefined) {
    if (validators.size === 0) xmlRegisterFsInputProviders()
    const url = join(corpus, 'schemas', grammar)
    made = RelaxNGValidator.fromDoc(XmlDocument.fromString(readFileSync(url, 'utf8'), { url }))
    validators.set(grammar, made)
  }
  return made
}

/** libvirt's verdict; `undefined` when the text is not well-formed. */
export function libvirtTakes(grammar: string, text: string): boolean | undefined {
  let document: XmlDocument
  try {
    document = XmlDocument.fromString(text)
  } catch {
    return undefined
  }
  try {
    validator(grammar).validate(document)
    return true
  } catch {
    return false
  } finally {
    document.dispose()
  }
}

/** Our verdict. */
export function weTake(kind: DocumentKind<never>, text: string): boolean {
  try {
    kind.checkText(text)
    return true
  } catch (error) {
    if ((error as { code?: string }).code === 'xml-invalid-schema') return false
    throw error
  }
}

function files(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .flatMap((path) => (statSync(path).isDirectory() ? files(path) : path.endsWith('.xml') ? [path] : []))
}

/** Documents of the corpus with that root, out of the given suites, each with its text. */
export function documents(root: string, suites: readonly string[]): { path: string; text: string }[] {
  return suites
    .flatMap((suite) => files(join(corpus, suite)))
    .map((path) => ({ path, text: readFileSync(path, 'utf8').replace(/\\\n/g, '') }))
    .filter(({ text }) => rootOf(text) === root)
}

function rootOf(text: string): string | undefined {
  try {
    return parseTree(text, 0).name
  } catch {
    return undefined
  }
}

/** A tree without the blanks between elements. */
export function withoutBlanks(tree: XmlTree): XmlTree {
  const children = tree.children.filter(
    (one) => typeof one !== 'string' || /\S/.test(one) || tree.children.length === 1,
  )
  return { ...tree, children: children.map((one) => (typeof one === 'string' ? one : withoutBlanks(one))) }
}
