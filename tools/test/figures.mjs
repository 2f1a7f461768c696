// SPDX-License-Identifier: GPL-2.0-or-later
// Keeps what the long lanes measured in docs/figures.md, the latest first.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { repo } from '../setup/run.mjs'

const file = join(repo, 'docs/figures.md')
const head = `# Figures

What \`npm run test:long\` measured, the latest first. A figure is worth something beside the others of its day only:
machines differ.
`

/**
 * Puts one day's figures on top; a day measured again is replaced.
 * @param measured lines of each lane, by the lane's name
 */
export function keepFigures(measured, now = new Date()) {
  const day = now.toISOString().slice(0, 10)
  const before = existsSync(file) ? readFileSync(file, 'utf8') : head
  const days = before.split(/^(?=## \d{4}-)/m).slice(1)
  const machine = `Node ${process.versions.node}, ${cpus().length} cores (${cpus()[0]?.model ?? process.arch})`
  const lanes = measured.map(({ name, lines }) => `### ${name}\n\n\`\`\`\n${lines.join('\n')}\n\`\`\`\n`)
  const fresh = `## ${day}\n\n${machine}.\n\n${lanes.join('\n')}`
  const kept = days.filter((text) => !text.startsWith(`## ${day}`)).map((text) => text.trimEnd())
  writeFileSync(file, `${[head.trimEnd(), fresh.trimEnd(), ...kept].join('\n\n')}\n`)
}
