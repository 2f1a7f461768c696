// SPDX-License-Identifier: LGPL-2.1-or-later
// Suites of what the test hypervisor does not have, on a driver of a hundred lines: secrets and ports of networks in memory.
import { randomUUID } from 'node:crypto'
import {
  type Driver,
  ErrorDomain,
  ErrorNumber,
  EventHub,
  type NetworkPortRef,
  type NetworkRef,
  type SecretRef,
  type Session,
  type SlotTable,
  virtError,
} from '@virt/core'
import { describe, it } from 'vitest'
import { allSuites, bothWays, declareSuites, type Templates } from '../src/index.js'

const inside = (xml: string, name: string): string | undefined => new RegExp(`<${name}>([^<]*)<`).exec(xml)?.[1]
const fail = (code: number, detail = ''): never => {
  throw virtError(code, ErrorDomain.NONE, detail)
}

interface Kept extends SecretRef {
  value?: Uint8Array
}
interface Net extends NetworkRef {
  active: boolean
  persistent: boolean
  readonly ports: Map<string, string>
}

function resources(): Driver {
  const events = new EventHub()
  const secrets = new Map<string, Kept>()
  const networks = new Map<string, Net>()
  const known = (ref: SecretRef): Kept => secrets.get(ref.uuid) ?? fail(ErrorNumber.NO_SECRET, ref.uuid)
  const lived = (secret: SecretRef, event: number): void =>
    events.emit('secret', 'lifecycle', { secret: refOf(secret), event, detail: 0 })
  const refOf = ({ uuid, usageType, usageID }: SecretRef): SecretRef => ({ uuid, usageType, usageID })
  const network = (ref: NetworkRef): Net => networks.get(ref.uuid) ?? fail(ErrorNumber.NO_NETWORK, ref.name)
  const netLived = ({ name, uuid }: NetworkRef, event: number): void =>
    events.emit('network', 'lifecycle', { net: { name, uuid }, event, detail: 0 })
  const made = (xml: string, active: boolean): NetworkRef => {
    const name = inside(xml, 'name') ?? fail(ErrorNumber.XML_ERROR, 'no name')
    const net: Net = { name, uuid: randomUUID(), active, persistent: !active, ports: new Map() }
    networks.set(net.uuid, net)
    netLived(net, active ? 2 : 0)
    return { name, uuid: net.uuid }
  }
  const port = (ref: NetworkPortRef): string =>
    network(ref.net).ports.get(ref.uuid) ?? fail(ErrorNumber.NO_NETWORK_PORT, ref.uuid)
  const slots: Session = {
    events,
    secretDefineXML(_call, xml) {
      if (!/^<secret[ >].*<\/secret>$/.test(xml)) fail(ErrorNumber.XML_ERROR, 'no secret')
      const secret = { uuid: randomUUID(), usageType: 2, usageID: inside(xml, 'name') ?? '' }
      secrets.set(secret.uuid, secret)
      lived(secret, 0)
      return secret
    },
    secretLookupByUUID: (_call, uuid) => refOf(secrets.get(uuid) ?? fail(ErrorNumber.NO_SECRET, uuid)),
    connectListAllSecrets: () => [...secrets.values()].map(refOf),
    secretGetXMLDesc: (_call, ref) => `<secret><uuid>${known(ref).uuid}</uuid></secret>`,
    secretSetValue(_call, ref, value) {
      known(ref).value = value.slice()
      events.emit('secret', 'valueChanged', { secret: refOf(ref) })
    },
    secretGetValue: (_call, ref) => known(ref).value ?? fail(ErrorNumber.NO_SECRET, 'no value'),
    secretUndefine(_call, ref) {
      secrets.delete(known(ref).uuid)
      lived(ref, 1)
    },
    networkDefineXMLFlags: (_call, xml) => made(xml, false),
    networkCreateXMLFlags: (_call, xml) => made(xml, true),
    networkDestroy(_call, ref) {
      const net = network(ref)
      net.active = false
      netLived(net, 3)
      if (!net.persistent) networks.delete(net.uuid)
    },
    networkUndefine(_call, ref) {
      networks.delete(network(ref).uuid)
      netLived(ref, 1)
    },
    networkPortCreateXML(_call, ref, xml) {
      const net = network(ref)
      const uuid = inside(xml, 'uuid') ?? randomUUID()
      if (!net.active) fail(ErrorNumber.OPERATION_INVALID, 'network is not active')
      if (net.ports.has(uuid)) fail(ErrorNumber.NETWORK_PORT_EXIST, uuid)
      net.ports.set(uuid, xml)
      return { net: ref, uuid }
    },
    networkPortLookupByUUID: (_call, ref, uuid) =>
      network(ref).ports.has(uuid) ? { net: ref, uuid } : fail(ErrorNumber.NO_NETWORK_PORT, uuid),
    networkListAllPorts: (_call, ref) => [...network(ref).ports.keys()].map((uuid) => ({ net: ref, uuid })),
    networkPortGetXMLDesc: (_call, ref) => port(ref),
    networkPortDelete(_call, ref) {
      port(ref)
      network(ref.net).ports.delete(ref.uuid)
    },
    close: () => {},
  }
  const supports = Object.fromEntries(
    Object.keys(slots)
      .filter((name) => name !== 'close' && name !== 'events')
      .map((name) => [name, {}]),
  ) as SlotTable
  return {
    name: 'resources',
    spi: 1,
    schemes: ['resources'],
    families: ['hypervisor', 'network', 'secret'],
    supports,
    open: () => ({ ...slots, supports }),
  }
}

const templates: Templates = {
  domain: () => '<domain/>',
  network: (name) => `<network><name>${name}</name></network>`,
  secret: (name) => `<secret><usage type='ceph'><name>${name}</name></usage></secret>`,
  port: (uuid) => `<networkport><uuid>${uuid}</uuid></networkport>`,
}

const suites = allSuites.filter((suite) => ['secrets', 'network ports', 'events'].includes(suite.name))
for (const target of bothWays(resources(), 'resources:///system', templates))
  declareSuites({ describe, it }, target, suites)
