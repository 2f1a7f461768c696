// SPDX-License-Identifier: LGPL-2.1-or-later
// Random documents that walk one of libvirt's grammars: what it allows, whether or not anybody has written it yet. Branches
// taken least go first, so that a few hundred documents see most of a grammar.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { parseTree, type XmlTree } from '../../src/index.js'
import type { Dice } from './mutate.js'

type Pattern = XmlTree
interface Grammar {
  defines: Map<string, Pattern>
  start: Pattern
}

const inside = ({ children }: Pattern): Pattern[] =>
  children.filter((one): one is Pattern => typeof one !== 'string' && !one.name.startsWith('a:'))
const textOf = ({ children }: Pattern): string => children.filter((one) => typeof one === 'string').join('')
const group = (children: Pattern[], name = 'group'): Pattern => ({ name, attributes: {}, children })

function read(folder: string, tree: Pattern): Grammar {
  const grammar: Grammar = { defines: new Map(), start: group([]) }
  const add = (list: Pattern[]): void => {
    for (const one of list) {
      const name = one.attributes.name ?? ''
      if (one.name === 'include') {
        const own = inside(one)
        const isOurs = (other: Pattern) =>
          own.some((mine) => mine.name === other.name && mine.attributes.name === other.attributes.name)
        const text = readFileSync(join(folder, one.attributes.href ?? ''), 'utf8')
        add(inside(parseTree(text, 0)).filter((other) => !isOurs(other)))
        add(own)
      } else if (one.name === 'define') {
        const before = grammar.defines.get(name)
        const { combine } = one.attributes
        const body = group(inside(one))
        grammar.defines.set(name, before && combine !== undefined ? group([before, body], combine) : body)
      } else if (one.name === 'start') grammar.start = group(inside(one))
      else if (one.name === 'div') add(inside(one))
    }
  }
  add(inside(tree))
  return grammar
}

/** Walks a grammar again and again. */
export class Walk {
  #grammar: Grammar
  readonly #folder: string
  readonly #dice: Dice
  readonly #seen = new Map<Pattern, number>()
  readonly #inner = new Map<Pattern, Grammar>()
  readonly #prefixes = new Map<string, string>()
  #namespace = ''
  #room = 0

  constructor(folder: string, file: string, dice: Dice) {
    this.#folder = folder
    this.#grammar = read(folder, parseTree(readFileSync(join(folder, file), 'utf8'), 0))
    this.#dice = dice
  }

  /** Another document; about as many elements as `room`. */
  document(room = 120): XmlTree {
    this.#room = room
    const out = group([])
    this.#walk(this.#grammar.start, out, 0)
    return out.children[0] as XmlTree
  }

  /** Whether nothing can match a pattern. */
  #isDead(pattern: Pattern): boolean {
    if (pattern.name === 'notAllowed') return true
    if (pattern.name === 'ref') {
      const define = this.#grammar.defines.get(pattern.attributes.name ?? '')
      return define === undefined || inside(define).some((one) => one.name === 'notAllowed')
    }
    return pattern.name === 'group' && inside(pattern).some((one) => this.#isDead(one))
  }

  #wants(pattern: Pattern, depth: number): boolean {
    if (this.#room < 0 || depth > 14 || inside(pattern).some((one) => this.#isDead(one))) return false
    const seen = this.#seen.get(pattern) ?? 0
    if (this.#dice.below(100) >= 50 / (seen < 3 ? seen + 1 : 4)) return false
    this.#seen.set(pattern, seen + 1)
    return true
  }

  #all(pattern: Pattern, out: Pattern, depth: number): void {
    for (const one of inside(pattern)) this.#walk(one, out, depth)
  }

  #walk(pattern: Pattern, out: Pattern, depth: number): void {
    switch (pattern.name) {
      case 'group':
      case 'interleave':
      case 'div':
        return this.#all(pattern, out, depth)
      case 'ref':
        return this.#all(this.#grammar.defines.get(pattern.attributes.name ?? '') ?? group([]), out, depth)
      case 'optional':
      case 'zeroOrMore':
        if (this.#wants(pattern, depth)) this.#all(pattern, out, depth)
        return
      case 'oneOrMore':
        return this.#all(pattern, out, depth)
      case 'choice':
        return this.#choose(pattern, out, depth)
      case 'grammar':
        return this.#enter(pattern, out, depth)
      case 'element':
        return this.#element(pattern, out, depth)
      case 'attribute': {
        const value = group([])
        this.#all(pattern, value, depth)
        out.attributes[pattern.attributes.name ?? 'any'] = inside(pattern).length === 0 ? 'x' : textOf(value)
        return
      }
      case 'text':
        out.children.push('text')
        return
      case 'value':
        out.children.push(textOf(pattern))
        return
      case 'data':
        out.children.push(this.#data(pattern))
        return
    }
  }

  #choose(pattern: Pattern, out: Pattern, depth: number): void {
    const ways = inside(pattern).filter((one) => !this.#isDead(one))
    const costs = ways.map((one) => (this.#seen.get(one) ?? 0) + this.#dice.below(3))
    const way = ways[costs.indexOf(Math.min(...costs))]
    if (way === undefined) return
    this.#seen.set(way, (this.#seen.get(way) ?? 0) + 1)
    this.#walk(way, out, depth)
  }

  #enter(pattern: Pattern, out: Pattern, depth: number): void {
    const outer = this.#grammar
    const inner = this.#inner.get(pattern) ?? read(this.#folder, pattern)
    this.#inner.set(pattern, inner)
    this.#grammar = inner
    this.#walk(inner.start, out, depth)
    this.#grammar = outer
  }

  #element(pattern: Pattern, out: Pattern, depth: number): void {
    this.#room--
    const outer = this.#namespace
    const { ns, name } = pattern.attributes
    if (ns !== undefined) this.#namespace = ns
    const made: Pattern = { name: name ?? 'x:any', attributes: {}, children: [] }
    if (name === undefined) made.attributes['xmlns:x'] = 'http://virt.example/any'
    if (this.#namespace !== '') {
      const prefix = this.#prefixes.get(this.#namespace) ?? `n${this.#prefixes.size}`
      this.#prefixes.set(this.#namespace, prefix)
      made.name = `${prefix}:${made.name}`
      made.attributes[`xmlns:${prefix}`] = this.#namespace
    }
    if (name !== undefined) this.#all(pattern, made, depth + 1)
    this.#namespace = outer
    out.children.push(made)
  }

  /** A text of a data type, by its pattern where it has one. */
  #data(pattern: Pattern): string {
    const params = new Map(inside(pattern).map((one) => [one.attributes.name ?? '', textOf(one)]))
    const form = params.get('pattern')
    if (form !== undefined) {
      const whole = new RegExp(`^(?:${form.replace(/\n\s*/g, '')})$`)
      const [text = ''] = fc.sample(fc.stringMatching(whole), { seed: this.#dice.below(1e9), numRuns: 1 })
      return text
    }
    if (/int|long|short|byte|integer/i.test(pattern.attributes.type ?? ''))
      return String(Number(params.get('minInclusive') ?? 1) + this.#dice.below(100))
    return `text${this.#dice.below(5)}`
  }
}
