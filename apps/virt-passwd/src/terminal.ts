// SPDX-License-Identifier: GPL-2.0-or-later
// Typing nobody sees.
import { stdin, stdout } from 'node:process'

/** More than this is no password. */
const longest = 1024

/** A line from the terminal, not shown. @throws Error without a terminal, and when the user gives up */
export function askHidden(prompt: string): Promise<string> {
  if (!stdin.isTTY) return Promise.reject(new Error('there is no terminal to ask for the password; use -p'))
  return new Promise((resolve, reject) => {
    let typed: string[] = []
    stdout.write(prompt)
    stdin.setRawMode(true)
    stdin.setEncoding('utf8')
    const end = (finish: () => void): void => {
      stdin.off('data', read)
      stdin.setRawMode(false)
      stdin.pause()
      stdout.write('\n')
      finish()
    }
    const read = (text: string): void => {
      for (const letter of text) {
        if (letter === '\r' || letter === '\n') return end(() => resolve(typed.join('')))
        if (letter === '\x03' || letter === '\x04') return end(() => reject(new Error('given up')))
        if (letter === '\x7f' || letter === '\b') typed = typed.slice(0, -1)
        else if (letter === '\x15') typed = []
        else if (typed.length < longest) typed.push(letter)
      }
    }
    stdin.on('data', read)
    stdin.resume()
  })
}

/** Standard input as text, as far as a password can be long. */
export async function readInput(): Promise<string> {
  let text = ''
  stdin.setEncoding('utf8')
  for await (const chunk of stdin) {
    text += chunk
    if (text.length > 2 * longest) throw new Error('the password is too long')
  }
  return text
}
