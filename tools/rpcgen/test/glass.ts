// SPDX-License-Identifier: GPL-2.0-or-later
// A driver that fills every slot with nothing: it tells which slots were reached, and knows one object of each class,
// by another name than any client says.

import { duplexPair } from '@virt/compliance'
import {
  type Driver,
  DriverSet,
  families,
  type Identity,
  LocalConnection,
  localCall,
  parseUri,
  processServices,
  type Session,
  VirtError,
} from '@virt/core'
import { remote } from '@virt/remote'
import { type AccessDriver, Server } from '@virt/server'
import { buildSlots, spiValue } from '../src/model.mjs'
import { loadSpec } from '../src/spec.mjs'

const spec = loadSpec(new URL('../../../packages/api/rpc/spec', import.meta.url).pathname)

/** One rule as libvirt's protocol file has it. */
export interface SpecRule {
  readonly object: string
  readonly perm: string
  readonly whenFlagsSet?: readonly string[]
  readonly whenFlagsClear?: readonly string[]
  readonly whenParam?: { readonly name: string; readonly value: string }
}
interface Value {
  readonly kind: string
  readonly type?: string
  readonly name?: string
  readonly of?: Value
}
/** A slot as the generator sees it. */
export interface SpecSlot {
  readonly name: string
  readonly family: string
  readonly subject?: { readonly v: { readonly object: string } }
  readonly slotArgs: readonly { readonly name: string; readonly v: Value }[]
  readonly procedure: { readonly acl?: readonly SpecRule[]; readonly aclFilter?: readonly SpecRule[] }
  readonly fds?: { readonly call?: boolean; readonly reply?: boolean }
  readonly enumValue: ReadonlyMap<string, number>
}
export const slots = buildSlots(spec) as readonly SpecSlot[]

/** The object of each class that the driver has. */
export const own = {
  domain: { name: 'own-domain', uuid: 'aaaaaaaa-0000-0000-0000-000000000001', id: 7 },
  network: { name: 'own-network', uuid: 'aaaaaaaa-0000-0000-0000-000000000002' },
  nwfilter: { name: 'own-filter', uuid: 'aaaaaaaa-0000-0000-0000-000000000003' },
  nwfilter_binding: { portdev: 'own-port', linkdev: 'own-link', filtername: 'own-filter' },
  interface: { name: 'own-interface', mac: '52:54:00:aa:aa:aa' },
  storage_pool: { name: 'own-pool', uuid: 'aaaaaaaa-0000-0000-0000-000000000004' },
  storage_vol: {
    pool: 'own-pool',
    poolUuid: 'aaaaaaaa-0000-0000-0000-000000000004',
    name: 'own-volume',
    key: 'own-key',
  },
  node_device: { name: 'own-device' },
  secret: { uuid: 'aaaaaaaa-0000-0000-0000-000000000005', usageType: 2, usageID: 'own-usage' },
  network_port: {
    uuid: 'aaaaaaaa-0000-0000-0000-000000000006',
    net: { name: 'own-network', uuid: 'aaaaaaaa-0000-0000-0000-000000000002' },
  },
} as const

const resolvers: Partial<Session> = {
  resolveDomain: () => own.domain,
  resolveNetwork: () => own.network,
  resolveNetworkPort: () => own.network_port,
  resolveNWFilter: () => own.nwfilter,
  resolveNWFilterBinding: () => own.nwfilter_binding,
  resolveInterface: () => own.interface,
  resolveStoragePool: () => own.storage_pool,
  resolveStorageVol: () => own.storage_vol,
  resolveNodeDevice: () => own.node_device,
  resolveSecret: () => own.secret,
  resolveDomainCheckpoint: ({ name }) => ({ name, dom: own.domain }),
  resolveDomainSnapshot: ({ name }) => ({ name, dom: own.domain }),
}

/** `VIR_DRV_FEATURE_TYPED_PARAM_STRING` */
const typedStrings = 9

/** Answers a slot that was reached. */
export const reached = 'the slot was reached'

/** A session whose slots do nothing but tell that they were reached. */
export function glassSession(given: Partial<Session> = resolvers): Session {
  const session: Record<string, unknown> = { ...given, close: () => {} }
  for (const slot of slots)
    session[slot.name] = () => {
      throw new VirtError(reached, { code: 'operation-failed' })
    }
  // The gate itself asks for this one, before it asks for anything else.
  const tell = session.connectSupportsFeature as () => never
  session.connectSupportsFeature = (_call: unknown, feature: number) => (feature === typedStrings ? 1 : tell())
  return session as unknown as Session
}

const glass = (): Driver => ({
  name: 'glass',
  accessName: 'Glass',
  spi: 1,
  schemes: ['glass'],
  supports: {},
  families,
  open: () => glassSession(),
})

const claim = 'ffffffff-0000-0000-0000-00000000000f'

/** What a client says: nothing of it is what the driver has. */
export function sayOf(v: Value, flags: number): unknown {
  switch (v.kind) {
    case 'int':
      return flags
    case 'bool':
      return true
    case 'int64':
      return 1n
    case 'double':
      return 1
    case 'string':
    case 'cstring':
      return 'claimed'
    case 'uuid':
      return claim
    case 'bytes':
      return new Uint8Array(1)
    case 'params':
      return { shape: { names: ['claimed'], types: [1] }, values: [1] }
    case 'list':
      return [sayOf(v.of as Value, flags)]
    case 'ref':
      return claimed[v.type as string]
    case 'struct': {
      const { remote: program } = spec.programs
      const { fields } = program.types[v.name as string]
      return Object.fromEntries(
        fields.map((f: { name: string; type: unknown }) => [
          f.name.replace(/_([a-z0-9])/g, (_: string, c: string) => c.toUpperCase()),
          sayOf(spiValue(program, program, f.type), 1),
        ]),
      )
    }
    default:
      throw new Error(`no value of kind ${v.kind}`)
  }
}

const named = { name: 'claimed', uuid: claim }
const claimed: Readonly<Record<string, object>> = {
  DomainRef: { ...named, id: 99 },
  NetworkRef: named,
  NetworkPortRef: { net: named, uuid: claim },
  NWFilterRef: named,
  NWFilterBindingRef: { portdev: 'claimed', filtername: 'claimed' },
  InterfaceRef: { name: 'claimed', mac: '52:54:00:ff:ff:ff' },
  StoragePoolRef: named,
  StorageVolRef: { pool: 'claimed', name: 'claimed', key: 'claimed' },
  NodeDeviceRef: { name: 'claimed' },
  SecretRef: { uuid: claim, usageType: 1, usageID: 'claimed' },
  DomainCheckpointRef: { name: 'claimed', dom: { ...named, id: 99 } },
  DomainSnapshotRef: { name: 'claimed', dom: { ...named, id: 99 } },
}

/** Arguments of a slot, with these flags; other numbers are 1, `source` (which documents to dump) as given. */
export function argumentsOf(slot: SpecSlot, flags: number, source = 1): unknown[] {
  return slot.slotArgs.map((arg) => {
    if (arg.name === 'flags') return arg.v.kind === 'int64' ? BigInt(flags) : flags
    if (arg.name === 'source') return source
    // Elements of metadata: only the third kind takes all arguments.
    if (arg.name === 'type' && /SetMetadata$/.test(slot.name)) return 2
    if (arg.name === 'type' && /GetMetadata$/.test(slot.name)) return 2
    return sayOf(arg.v, 1)
  })
}

/** A client of a server with nothing but glass behind it. */
export class GlassBench implements AsyncDisposable {
  readonly server: Server
  readonly #session: Session
  readonly #call = localCall(new LocalConnection(false, {}), undefined)

  private constructor(server: Server, session: Session) {
    this.server = server
    this.#session = session
  }

  static async open(access: AccessDriver, identity: Identity = {}): Promise<GlassBench> {
    const server = new Server({ drivers: new DriverSet([glass()]), access, limits: { keepaliveInterval: -1 } })
    const transport = (): Promise<{
      duplex: ReturnType<typeof duplexPair>[0]
      secure: boolean
      encrypted: boolean
    }> => {
      const [here, there] = duplexPair()
      server.accept(there, { identity })
      return Promise.resolve({ duplex: here, secure: true, encrypted: false })
    }
    const driver = remote({ transport, keepAlive: false })(processServices())
    const call = localCall(new LocalConnection(false, {}), undefined)
    const session = await driver.open(call, parseUri('glass+unix:///system'), 0)
    return new GlassBench(server, session as Session)
  }

  /** Calls a slot over the wire. @returns the error: a slot made of glass has no other answer */
  async call(slot: SpecSlot, args: readonly unknown[]): Promise<VirtError> {
    const session = this.#session as unknown as Record<string, (...args: unknown[]) => unknown>
    try {
      await session[slot.name]?.(this.#call, ...args)
    } catch (error) {
      if (error instanceof VirtError) return error
      throw error
    }
    throw new Error(`${slot.name} has an answer`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.close()
    await this.server.close(0)
  }
}
