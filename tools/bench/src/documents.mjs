// SPDX-License-Identifier: GPL-2.0-or-later
// How long reading and printing a document takes in a process of its own: documents.mjs FILE SECONDS. In CPU time, as
// of one core; another process beside it on the machine costs less of that than of the clock's.
import { readFileSync } from 'node:fs'
import { domain } from '@virt/conf'

const [file, seconds] = process.argv.slice(2)
const text = readFileSync(file, 'utf8')

/** CPU time of this process, in microseconds. */
function cpu() {
  const { user, system } = process.cpuUsage()
  return user + system
}
const round = () => domain.print(domain.parse(text, { inactive: true }))
for (let i = 0; i < 2000; i++) round()
const begin = cpu()
let count = 0
while (cpu() - begin < Number(seconds) * 1e6) {
  for (let i = 0; i < 100; i++) round()
  count += 100
}
console.log(JSON.stringify({ cpu: (cpu() - begin) / count }))
