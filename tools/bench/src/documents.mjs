// SPDX-License-Identifier: GPL-2.0-or-later
// How fast documents are read and printed in this process: the 300-line domain.
import { domain } from '@virt/conf'
import { longDomain } from './document.mjs'

/** Prints domains per second, of one core. */
export function parseAndPrint() {
  const texts = Array.from({ length: 100 }, (_, i) => longDomain(i))
  const round = (count) => {
    const begin = performance.now()
    for (let i = 0; i < count; i++) domain.print(domain.parse(texts[i % texts.length], { inactive: true }))
    return (count / (performance.now() - begin)) * 1000
  }
  round(1000)
  console.log(`documents: 300-line domains parsed and printed: ${round(3000).toFixed(0)}/s`)
}
