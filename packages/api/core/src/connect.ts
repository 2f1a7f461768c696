// SPDX-License-Identifier: LGPL-2.1-or-later
// Opening a connection: which driver, in this process or behind a daemon.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { LocalConnection, localCall } from './call.js'
import { Connection } from './connection.js'
import { DriverSet } from './drivers.js'
import { VirtError } from './errors.js'
import { processServices } from './services.js'
import type { Driver, DriverFactory, Services } from './spi.js'
import { timeLimit } from './time-limit.js'
import { parseUri } from './uri.js'

/** Packages by URI scheme. Stateful ones are only opened by their daemon; clients reach them through `@virt/remote`. */
const packages: Readonly<Record<string, { name: string; factory: string; stateful?: boolean }>> = {
  test: { name: '@virt/test', factory: 'test' },
  qemu: { name: '@virt/qemu', factory: 'qemu', stateful: true },
  lxc: { name: '@virt/lxc', factory: 'lxc', stateful: true },
  xen: { name: '@virt/xen', factory: 'xen', stateful: true },
  bhyve: { name: '@virt/bhyve', factory: 'bhyve', stateful: true },
  vz: { name: '@virt/vz', factory: 'vz', stateful: true },
  network: { name: '@virt/network', factory: 'network', stateful: true },
  storage: { name: '@virt/storage', factory: 'storage', stateful: true },
  nodedev: { name: '@virt/nodedev', factory: 'nodedev', stateful: true },
  interface: { name: '@virt/interface', factory: 'interface', stateful: true },
  nwfilter: { name: '@virt/nwfilter', factory: 'nwfilter', stateful: true },
  secret: { name: '@virt/secret', factory: 'secret', stateful: true },
  esx: { name: '@virt/esx', factory: 'esx' },
  gsx: { name: '@virt/esx', factory: 'esx' },
  vpx: { name: '@virt/esx', factory: 'esx' },
  vmwareplayer: { name: '@virt/vmware', factory: 'vmware' },
  vmwarews: { name: '@virt/vmware', factory: 'vmware' },
  vmwarefusion: { name: '@virt/vmware', factory: 'vmware' },
  hyperv: { name: '@virt/hyperv', factory: 'hyperv' },
  vbox: { name: '@virt/vbox', factory: 'vbox' },
  phyp: { name: '@virt/phyp', factory: 'phyp' },
}
const remotePackage = { name: '@virt/remote', factory: 'remote' }

/** How to open a connection. */
export interface ConnectOptions {
  /** Drivers to ask first, in this order. */
  drivers?: readonly (Driver | DriverFactory)[]
  /** Refuses everything that changes something. `virConnectOpenReadOnly` */
  readOnly?: boolean
  /** Ends the attempt. */
  signal?: AbortSignal
  /** Milliseconds after which the attempt ends. */
  timeout?: number
  /** Answers questions for credentials. `virConnectOpenAuth` */
  auth?: AuthCallback
  /** Replaces what drivers get of this process. */
  services?: Partial<Services>
}

/** Kinds of credentials that may be asked for: `virConnectCredentialType`. */
export type CredentialType =
  | 'username'
  | 'authname'
  | 'language'
  | 'cnonce'
  | 'passphrase'
  | 'echoprompt'
  | 'noechoprompt'
  | 'realm'
  | 'external'
/** One question for a credential. */
export interface CredentialRequest {
  readonly type: CredentialType
  readonly prompt: string
  readonly challenge?: string
  readonly defaultResult?: string
}
/** Answers questions in order; undefined cancels. */
export type AuthCallback = (
  requests: readonly CredentialRequest[],
) => Promise<readonly (string | undefined)[]> | readonly (string | undefined)[]

/**
 * Opens a connection.
 * @param uri `driver[+transport]://[user@][host][:port]/[path][?parameters]`; empty for the default
 * @throws VirtError `no-connect` when no driver takes the URI, and what the driver says that cannot open it
 * @since 0.1.0, `virConnectOpen`, `virConnectOpenAuth`, `virConnectOpenReadOnly`
 */
export async function connect(uri = '', options: ConnectOptions = {}): Promise<Connection> {
  const limit = timeLimit(options.signal, options.timeout)
  try {
    return await open(uri, options, limit.signal)
  } finally {
    limit[Symbol.dispose]()
  }
}

async function open(uri: string, options: ConnectOptions, signal: AbortSignal): Promise<Connection> {
  const services = processServices(options.services)
  const local = new LocalConnection(options.readOnly === true)
  const call = { ...localCall(local, undefined, signal), auth: options.auth }
  const given = (options.drivers ?? []).map((d) => (typeof d === 'function' ? d(services) : d))
  const name = uri === '' ? (process.env.LIBVIRT_DEFAULT_URI ?? '') : uri
  signal.throwIfAborted()
  const drivers = [...given, ...(await installed(name, given, services))]
  const opening = new DriverSet(drivers).open(call, name, options.readOnly === true ? 1 : 0)
  const set = await Promise.race([opening, aborted(signal, name)]).catch((error: unknown) => {
    opening.then((late) => late.close()).catch(() => {})
    throw error
  })
  return new Connection(set, local, () => connect(uri, options))
}

function aborted(signal: AbortSignal, uri: string): Promise<never> {
  return new Promise((_, reject) => {
    const fail = (): void =>
      reject(
        new VirtError(`opening ${uri || 'the default connection'} was aborted`, {
          code: signal.reason?.name === 'TimeoutError' ? 'timeout' : 'aborted',
          cause: signal.reason,
        }),
      )
    if (signal.aborted) fail()
    else signal.addEventListener('abort', fail, { once: true })
  })
}

const made = new Map<string, Driver>()

/** The driver that the scheme and transport call for, from the application's folder. */
async function installed(uri: string, given: readonly Driver[], services: Services): Promise<Driver[]> {
  const scheme = parseUri(uri).scheme ?? ''
  const [driver = '', transport] = scheme.split('+')
  if (given.some((d) => d.schemes.includes(scheme))) return []
  const entry = packages[driver]
  const wanted = transport !== undefined || entry === undefined || entry.stateful === true ? remotePackage : entry
  const cached = made.get(wanted.name)
  if (cached !== undefined) return [cached]
  const module = await load(wanted.name, uri)
  const factory = (module as Record<string, (options?: object) => DriverFactory>)[wanted.factory]
  if (factory === undefined)
    throw new VirtError(`${wanted.name} has no export '${wanted.factory}'`, { code: 'no-connect' })
  const instance = factory()(services)
  made.set(wanted.name, instance)
  return [instance]
}

async function load(name: string, uri: string): Promise<unknown> {
  try {
    const path = createRequire(join(process.cwd(), 'package.json')).resolve(name)
    return await import(pathToFileURL(path).href)
  } catch {
    try {
      return await import(name)
    } catch (cause) {
      throw new VirtError(`no connection driver available for ${uri}`, {
        code: 'no-connect',
        details: `npm install ${name}`,
        cause,
      })
    }
  }
}
