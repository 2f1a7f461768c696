// SPDX-License-Identifier: GPL-2.0-or-later
// Firmware descriptors of the simulated host.

/** Folders with descriptors, the one that counts most first. */
const folders = ['home/user/.config/qemu/firmware', 'etc/qemu/firmware', 'usr/share/qemu/firmware']

/** Descriptors in the order of preference: by name, of which the first folder's counts; an empty one hides the others. */
export function readFirmwares(files) {
  const tree = files.json('deps/qemufirmwaredata.tree.json')
  const target = (path) => {
    const link = tree.symlinks?.[path]
    return link === undefined ? path : new URL(link, `file:///${path}`).pathname.slice(1)
  }
  const byName = new Map()
  for (const folder of folders)
    for (const path of [...Object.keys(tree.files), ...Object.keys(tree.symlinks ?? {})]) {
      if (!path.startsWith(`${folder}/`) || !path.endsWith('.json')) continue
      const name = path.slice(folder.length + 1)
      if (!byName.has(name)) byName.set(name, path)
    }
  return [...byName.keys()].sort().flatMap((name) => {
    const path = byName.get(name)
    const text = tree.files[target(path)] ?? ''
    const json = text.trim() === '' ? {} : JSON.parse(text)
    return json.mapping === undefined ? [] : [convert(json, path)]
  })
}

function convert(json, path) {
  const { mapping } = json
  return {
    path: `/${path}`,
    interfaces: json['interface-types'],
    mapping:
      mapping.device === 'flash'
        ? {
            device: 'flash',
            mode: mapping.mode ?? 'split',
            executable: mapping.executable,
            nvramTemplate: mapping['nvram-template'],
          }
        : mapping,
    targets: json.targets,
    features: json.features,
  }
}
