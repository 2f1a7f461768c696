// SPDX-License-Identifier: GPL-2.0-or-later
// How the corpus writes command lines down: one option a line, shell quoting where it is needed.

/** A word as the shell would read it back. */
export function shellQuote(word) {
  if (word === '') return "''"
  if (!/[ \t\r\n!"#$&'()*;<>?[\\\]^`{|}~]/.test(word)) return word
  return `'${word.replaceAll("'", "'\\''")}'`
}

/** One command: `{ env?: [name, value][], program, args }`. */
export function formatCommand({ env = [], program, args }) {
  let text = env.map(([name, value]) => `${name}=${shellQuote(value)} \\\n`).join('') + shellQuote(program)
  let seenOption = false
  args.forEach((arg, i) => {
    const option = arg.startsWith('-')
    const stays = !option && seenOption && args.slice(i - 1).some((a) => a.startsWith('-'))
    text += stays ? ` ${shellQuote(arg)}` : ` \\\n${shellQuote(arg)}`
    seenOption ||= option
  })
  return `${text}\n`
}

/** Several commands, one after the other. */
export const formatCommands = (commands) => commands.map(formatCommand).join('')
