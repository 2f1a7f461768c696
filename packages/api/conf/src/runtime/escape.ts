// SPDX-License-Identifier: LGPL-2.1-or-later
// Escaping of values as libvirt's printers do: five entities, control characters dropped.

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const special = /[<>&'"\x00-\x08\x0b\x0c\x0e-\x1f]/
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const specials = /[<>&'"\x00-\x08\x0b\x0c\x0e-\x1f]/g

function entity(c: string): string {
  switch (c) {
    case '<':
      return '&lt;'
    case '>':
      return '&gt;'
    case '&':
      return '&amp;'
    case "'":
      return '&apos;'
    case '"':
      return '&quot;'
    default:
      return ''
  }
}

/** Escapes an attribute's or element's text. */
export function escapeXml(text: string): string {
  return special.test(text) ? text.replace(specials, entity) : text
}
