// SPDX-License-Identifier: GPL-2.0-or-later
// docs/qemu.md: what of libvirt's QEMU driver is in this one. The rows come from the list of libvirt's slots and the driver's own table.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { buildSlots } from '../rpcgen/src/model.mjs'
import { loadSpec } from '../rpcgen/src/spec.mjs'
import { repo } from '../setup/run.mjs'

/** Slots by their headings. */
function groupsOf(text) {
  const groups = []
  for (const line of text.split('\n').map((one) => one.replace(/#.*/, '').trim())) {
    const heading = /^\[(.*)\]$/.exec(line)
    if (heading) groups.push({ name: heading[1], slots: [] })
    else if (line !== '') groups.at(-1).slots.push(...line.split(/\s+/))
  }
  return groups
}

/** @returns `text` of the page, and `gaps`: names that are no slots, and slots that libvirt's driver does not have */
export async function qemuPage() {
  const known = new Map(buildSlots(loadSpec(join(repo, 'packages/api/rpc/spec'))).map((slot) => [slot.name, slot]))
  const core = await import(pathToFileURL(join(repo, 'packages/api/core/dist/index.js')).href)
  const { qemu } = await import(pathToFileURL(join(repo, 'packages/drivers/qemu/dist/index.js')).href)
  const own = qemu()(core.processServices()).supports
  const groups = groupsOf(readFileSync(join(repo, 'tools/docs/qemu-slots.txt'), 'utf8'))
  const all = groups.flatMap((group) => group.slots)
  const gaps = [
    ...all.filter((name) => !known.has(name)).map((name) => `qemu-slots.txt: ${name} is no slot`),
    ...all.filter((name, i) => all.indexOf(name) !== i).map((name) => `qemu-slots.txt: ${name} is there twice`),
    ...Object.keys(own)
      .filter((name) => !all.includes(name))
      .map((name) => `qemu-slots.txt: libvirt's driver has no ${name}, this one has`),
  ]
  const missing = (group) => group.slots.filter((name) => !Object.hasOwn(own, name))
  const lacks = groups.flatMap(missing)
  const call = (name) => `\`${known.get(name)?.publicName ?? name}\``
  const row = (group) => {
    const list = missing(group)
    const have = group.slots.length - list.length
    return `| ${group.name} | ${have} of ${group.slots.length} | ${list.map(call).join(' ')} |`
  }
  const text = `<!-- Written by tools/docs from tools/docs/qemu-slots.txt and the driver. Do not edit. -->
# What of libvirt's QEMU driver is in this one

${all.length - lacks.length} of ${all.length} slots. A call that is not in yet answers \`no-support\`: nothing is done, and nothing is made up.

| | in | not in yet |
|---|---|---|
${groups.map(row).join('\n')}
`
  return { text, gaps }
}
