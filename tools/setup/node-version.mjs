// SPDX-License-Identifier: GPL-2.0-or-later
// Imported first by what people start: on an old Node nothing else here would even load.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`Node 20.19 or newer is needed; this is ${process.versions.node}\n`)
  process.exit(1)
}
