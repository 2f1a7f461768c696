// SPDX-License-Identifier: LGPL-2.1-or-later
// Tags as they are printed at each depth, put together once: a piece of text that exists costs nothing to add.

/** Indentation up to which tags are kept. */
const deepest = 64

/** The tags of one name. */
export class Tags {
  private readonly name: string
  private readonly after: string
  private readonly starts: string[] = []
  private readonly ends: string[] = []
  private readonly end: string

  /** @param after what always follows the name: `>` and the like */
  constructor(name: string, after = '') {
    this.name = name
    this.after = after
    this.end = `</${name}>\n`
  }

  /** `<name`, indented, and what follows. */
  open(indent: string, prefix: string): string {
    const { length } = indent
    if (prefix !== '' || length > deepest) return `${indent}<${prefix}${this.name}${this.after}`
    // `join` makes one flat string of the pieces.
    this.starts[length] ??= [indent, '<', this.name, this.after].join('')
    return this.starts[length]
  }

  /** `</name>` on a line of its own. */
  close(indent: string, prefix: string): string {
    const { length } = indent
    if (prefix !== '' || length > deepest) return `${indent}</${prefix}${this.name}>\n`
    this.ends[length] ??= [indent, this.end].join('')
    return this.ends[length]
  }

  /** `</name>` behind a text. */
  finish(prefix: string): string {
    return prefix === '' ? this.end : `</${prefix}${this.name}>\n`
  }
}
