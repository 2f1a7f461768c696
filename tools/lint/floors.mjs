// SPDX-License-Identifier: GPL-2.0-or-later
// Who may import whom: the floors as data. depcruise.config.mjs makes import rules of it, main.mjs checks package.json.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { repo } from '../setup/run.mjs'

const host = ['native', 'linux', 'stateful']
const driver = { may: ['core', 'conf', ...host] }
const mapping = { may: ['core', 'conf'] }

/** Folders below packages/, by floor: what each may import of the others. `*` stands for every room of the floor. */
const table = {
  api: {
    core: { may: [] },
    conf: { may: ['core'] },
    rpc: { may: ['core'] },
    sasl: { may: [] },
    remote: { may: ['core', 'rpc', 'sasl'] },
    server: { may: ['core', 'rpc', 'sasl'] },
    compliance: { may: ['core', 'server', 'remote'] },
  },
  host: {
    native: { may: [] },
    linux: { may: ['core', 'conf', 'native'] },
    stateful: { may: ['core', 'conf'] },
  },
  drivers: { '*': driver },
  mappings: {
    // What a monitor knows of a host; the monitors stand on it.
    snmp: { may: [...mapping.may, 'sampler'] },
    metrics: { may: [...mapping.may, 'sampler'] },
    '*': mapping,
  },
}

/** Every package there is: `{ name, path, manifest, may }`, where `may` lists names of packages, or is undefined for all. */
export function packages() {
  const found = ['packages/api', 'packages/host', 'packages/drivers', 'packages/mappings', 'apps', 'tools']
    .filter((floor) => existsSync(join(repo, floor)))
    .flatMap((floor) => readdirSync(join(repo, floor)).map((room) => ({ floor, room, path: `${floor}/${room}` })))
    .filter(({ path }) => existsSync(join(repo, path, 'package.json')))
  return found.map(({ floor, room, path }) => {
    const manifest = JSON.parse(readFileSync(join(repo, path, 'package.json'), 'utf8'))
    const rooms = table[floor.replace('packages/', '')]
    const rule = rooms?.[room] ?? rooms?.['*']
    if (rooms !== undefined && rule === undefined)
      throw new Error(`${path} is not in the table of tools/lint/floors.mjs`)
    return { name: manifest.name, path, manifest, may: rule?.may.map((folder) => `@virt/${folder}`) }
  })
}
