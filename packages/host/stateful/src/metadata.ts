// SPDX-License-Identifier: LGPL-2.1-or-later
// Applications' own elements in <metadata>, one per namespace.
import { parseTree, printTree, type XmlTree } from '@virt/conf'
import { ErrorDomain, ErrorNumber, virtError } from '@virt/core'

/** Namespaces in force, by prefix ('' is the default one). */
type Scope = ReadonlyMap<string, string>

const noScope: Scope = new Map()

function declared(tree: XmlTree): [prefix: string, uri: string][] {
  return Object.entries(tree.attributes).flatMap(([name, uri]): [string, string][] =>
    name === 'xmlns' ? [['', uri]] : name.startsWith('xmlns:') ? [[name.slice(6), uri]] : [],
  )
}

function inner(scope: Scope, tree: XmlTree): Scope {
  const own = declared(tree)
  return own.length === 0 ? scope : new Map([...scope, ...own])
}

function split(name: string): [prefix: string, local: string] {
  const at = name.indexOf(':')
  return at < 0 ? ['', name] : [name.slice(0, at), name.slice(at + 1)]
}

/** The namespace an element is in; undefined for none. */
function namespaceOf(tree: XmlTree, scope: Scope): string | undefined {
  return scope.get(split(tree.name)[0]) || undefined
}

function elements(tree: XmlTree | undefined): XmlTree[] {
  return (tree?.children ?? []).filter((one) => typeof one !== 'string')
}

function find(metadata: XmlTree | undefined, uri: string): XmlTree | undefined {
  if (metadata === undefined) return undefined
  const scope = inner(noScope, metadata)
  return elements(metadata).find((one) => namespaceOf(one, inner(scope, one)) === uri)
}

/** The tree with every name of one prefix freed from it, while the prefix means what it does at the root. */
function strip(tree: XmlTree, prefix: string): XmlTree {
  const [own, local] = split(tree.name)
  return {
    name: own === prefix ? local : tree.name,
    attributes: tree.attributes,
    children: tree.children.map((one) =>
      typeof one === 'string' || declared(one).some(([p]) => p === prefix) ? one : strip(one, prefix),
    ),
  }
}

/** The element of a namespace as the application gave it; undefined when there is none. */
export function getElement(metadata: XmlTree | undefined, uri: string): string | undefined {
  const found = find(metadata, uri)
  if (found === undefined) return undefined
  const [prefix] = split(found.name)
  const attribute = prefix === '' ? 'xmlns' : `xmlns:${prefix}`
  const { [attribute]: _gone, ...attributes } = found.attributes
  return printTree({ ...strip(found, prefix), attributes })
}

/** Puts names without a namespace into the one of `key`. */
function inject(tree: XmlTree, key: string, scope: Scope): XmlTree {
  const here = inner(scope, tree)
  return {
    name: namespaceOf(tree, here) === undefined ? `${key}:${split(tree.name)[1]}` : tree.name,
    attributes: tree.attributes,
    children: tree.children.map((one) => (typeof one === 'string' ? one : inject(one, key, here))),
  }
}

/** Namespace declarations first, as libxml2 prints them. */
function ordered(tree: XmlTree): XmlTree {
  const entries = Object.entries(tree.attributes)
  const isNs = ([name]: [string, string]): boolean => name === 'xmlns' || name.startsWith('xmlns:')
  return {
    name: tree.name,
    attributes: Object.fromEntries([...entries.filter(isNs), ...entries.filter((one) => !isNs(one))]),
    children: tree.children.map((one) => (typeof one === 'string' ? one : ordered(one))),
  }
}

/** What a prefix may be. */
const ncName = /^[\p{L}_][\p{L}\p{N}\p{M}_.\u00b7-]*$/u

/**
 * The metadata with another element for a namespace.
 * @param text XML of the element; absent takes the old one away
 * @param key prefix under which its names are put into the namespace
 * @param domain `virErrorDomain` of the error about malformed text
 */
export function setElement(
  metadata: XmlTree | undefined,
  text: string | undefined,
  key: string,
  uri: string,
  domain: number,
): XmlTree | undefined {
  const old = find(metadata, uri)
  const rest = elements(metadata).filter((one) => one !== old)
  const base = metadata ?? { name: 'metadata', attributes: {}, children: [] }
  if (text === undefined) return rest.length === 0 ? undefined : { ...base, children: rest }
  const parsed = ordered(parseTree(text, domain))
  if (!ncName.test(key.trim()))
    throw virtError(ErrorNumber.INTERNAL_ERROR, ErrorDomain.XML, 'failed to validate prefix for a new XML namespace')
  if (`xmlns:${key}` in parsed.attributes)
    throw virtError(ErrorNumber.INTERNAL_ERROR, ErrorDomain.XML, 'failed to create a new XML namespace')
  const spaces = Object.fromEntries(declared(parsed).map(([p, u]) => [p === '' ? 'xmlns' : `xmlns:${p}`, u]))
  const attributes = { ...spaces, [`xmlns:${key}`]: uri, ...parsed.attributes }
  const added = inject({ ...parsed, attributes: parsed.attributes }, key, noScope)
  return { ...base, children: [...rest, { ...added, attributes }] }
}
