// SPDX-License-Identifier: GPL-2.0-or-later
// Runs the lanes that need programs of the real libvirt world: `node run.mjs [--only LANE] [--peer virtd|libvirtd]
// [--peer-root DIR] [--line TEXT]`. DIR holds another root, as debootstrap makes it, with a newer libvirt to compare with.
import { parseArgs } from 'node:util'
import { bindings } from './bindings.mjs'
import { placeAt } from './place.mjs'
import { differential } from './virsh.mjs'
import { administration } from './virt-admin.mjs'

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    peer: { type: 'string', default: 'virtd' },
    'peer-root': { type: 'string' },
    line: { type: 'string' },
    verbose: { type: 'boolean' },
  },
})
const place = placeAt(values['peer-root'])
const lanes = {
  virsh: () => differential({ peer: values.peer, place, only: values.line }),
  bindings: () => bindings({ peer: values.peer, only: values.line }),
  'virt-admin': () => administration({ only: values.line }),
}
const total = { passed: 0, failed: 0, skipped: 0 }
for (const [name, run] of Object.entries(lanes)) {
  if (values.only !== undefined && values.only !== name) continue
  const result = await run()
  if (values.verbose)
    for (const d of result.differences ?? [])
      console.log(
        `--- ${d.name}\nexpected ${d.here.code}:\n${d.here.stdout}${d.here.stderr}got ${d.there.code}:\n${d.there.stdout}${d.there.stderr}`,
      )
  for (const key of Object.keys(total)) total[key] += result[key]
  console.log(`${name}: ${result.passed} passed, ${result.failed} failed, ${result.skipped} skipped`)
}
console.log(`${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`)
process.exitCode = total.failed > 0 ? 1 : 0
