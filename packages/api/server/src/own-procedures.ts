// SPDX-License-Identifier: LGPL-2.1-or-later
// Procedures that the server answers by itself: opening, authentication, features, events.
import { type EventFamily, type EventSource, type Family, gate } from '@virt/core'
import { remote, type XdrWriter } from '@virt/rpc'
import type { Client } from './client.js'
import { internalError } from './errors.js'
import { identitySession } from './identity.js'
import type { ServerCall } from './server-call.js'
import type { OwnProcedure } from './table.js'

/** `virDrvFeature` numbers that the daemon answers without asking the driver. */
const Feature = { fdPassing: 8, programKeepalive: 10, remoteEventCallback: 14, remoteCloseCallback: 15 } as const

const feature: OwnProcedure = {
  run(client, call, args) {
    const { feature } = args as remote.ConnectSupportsFeatureArgs
    if (feature === Feature.programKeepalive) {
      client.startKeepalive()
      return 1
    }
    const session = client.session('hypervisor')
    if (feature === Feature.remoteEventCallback || feature === Feature.remoteCloseCallback) return 1
    if (feature === Feature.fdPassing) return client.descriptors.offered() ? 1 : 0
    return session.connectSupportsFeature === undefined ? 0 : gate.connectSupportsFeature(session, call, feature)
  },
  encode: (w, value) => remote.encodeConnectSupportsFeatureRet(w, { supported: Number(value) }),
}

function register(
  family: EventFamily,
  sessionFamily: Family,
  objectField: string,
  encode: (w: XdrWriter, v: { callbackID: number }) => void,
): OwnProcedure {
  return {
    run: (client, call, args) => {
      const a = args as { eventID: number } & Record<string, object | undefined>
      return client.subscriptions.add(sourceOf(client, sessionFamily), call, family, a.eventID, a[objectField])
    },
    encode: (w, value) => encode(w, { callbackID: value as number }),
  }
}
function deregister(family: EventFamily): OwnProcedure {
  return {
    run: (client, _call, args) => client.subscriptions.remove(family, (args as { callbackID: number }).callbackID),
  }
}
const sourceOf = (client: Client, family: Family): EventSource | undefined => client.session(family).events

async function open(client: Client, call: ServerCall, args: unknown): Promise<void> {
  const { name, flags } = args as remote.ConnectOpenArgs
  await client.open(call, name ?? '', flags)
}

/** By `program:PROCEDURE`. */
export const ownProcedures: Readonly<Record<string, OwnProcedure>> = {
  'remote:CONNECT_OPEN': { run: open },
  'remote:CONNECT_CLOSE': { run: () => undefined, after: (client) => client.closeAfterOutput() },
  'remote:CONNECT_SUPPORTS_FEATURE': feature,
  'remote:CONNECT_GET_URI': {
    run(client) {
      client.session('hypervisor')
      return client.uri
    },
    encode: (w, value) => remote.encodeConnectGetUriRet(w, { uri: String(value) }),
  },
  'remote:CONNECT_IS_SECURE': {
    run: (client) => (client.secure ? 1 : 0),
    encode: (w, value) => remote.encodeConnectIsSecureRet(w, { secure: Number(value) }),
  },
  'remote:CONNECT_SET_IDENTITY': {
    run: (client, call, args) => {
      const { params, flags } = args as remote.ConnectSetIdentityArgs
      client.session('hypervisor')
      return gate.connectSetIdentity(identitySession(client), call, params, flags)
    },
  },
  'remote:AUTH_LIST': {
    run: (client) => client.authTypes(),
    encode: (w, value) => remote.encodeAuthListRet(w, { types: value as number[] }),
  },
  'remote:AUTH_SASL_INIT': {
    run: (client) => client.authenticator().saslInit(),
    encode: (w, v) => remote.encodeAuthSaslInitRet(w, v as remote.AuthSaslInitRet),
  },
  'remote:AUTH_SASL_START': {
    run: (client, _call, args) => client.authenticator().saslStart(args as remote.AuthSaslStartArgs),
    encode: (w, v) => remote.encodeAuthSaslStartRet(w, v as remote.AuthSaslStartRet),
    after: (client) => client.settleAuth(),
  },
  'remote:AUTH_SASL_STEP': {
    run: (client, _call, args) => client.authenticator().saslStep(args as remote.AuthSaslStepArgs),
    encode: (w, v) => remote.encodeAuthSaslStepRet(w, v as remote.AuthSaslStepRet),
    after: (client) => client.settleAuth(),
  },
  'remote:AUTH_POLKIT': {
    run: (client) => client.authenticator().polkit(),
    encode: (w, v) => remote.encodeAuthPolkitRet(w, v as remote.AuthPolkitRet),
    after: (client) => client.settleAuth(),
  },
  'remote:CONNECT_DOMAIN_EVENT_REGISTER': {
    run: async (client, call) => {
      await client.subscriptions.addLegacy(sourceOf(client, 'hypervisor'), call, 0)
      return 1
    },
    encode: (w, value) => remote.encodeConnectDomainEventRegisterRet(w, { cbRegistered: Number(value) }),
  },
  'remote:CONNECT_DOMAIN_EVENT_DEREGISTER': {
    run: async (client) => {
      await client.subscriptions.removeLegacy(0)
      return 0
    },
    encode: (w, value) => remote.encodeConnectDomainEventDeregisterRet(w, { cbRegistered: Number(value) }),
  },
  'remote:CONNECT_DOMAIN_EVENT_REGISTER_ANY': {
    run: (client, call, args) =>
      client.subscriptions.addLegacy(sourceOf(client, 'hypervisor'), call, (args as { eventID: number }).eventID),
  },
  'remote:CONNECT_DOMAIN_EVENT_DEREGISTER_ANY': {
    run: (client, _call, args) => client.subscriptions.removeLegacy((args as { eventID: number }).eventID),
  },
  'remote:CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY': register(
    'domain',
    'hypervisor',
    'dom',
    remote.encodeConnectDomainEventCallbackRegisterAnyRet,
  ),
  'remote:CONNECT_DOMAIN_EVENT_CALLBACK_DEREGISTER_ANY': deregister('domain'),
  'remote:CONNECT_NETWORK_EVENT_REGISTER_ANY': register(
    'network',
    'network',
    'net',
    remote.encodeConnectNetworkEventRegisterAnyRet,
  ),
  'remote:CONNECT_NETWORK_EVENT_DEREGISTER_ANY': deregister('network'),
  'remote:CONNECT_STORAGE_POOL_EVENT_REGISTER_ANY': register(
    'storagePool',
    'storage',
    'pool',
    remote.encodeConnectStoragePoolEventRegisterAnyRet,
  ),
  'remote:CONNECT_STORAGE_POOL_EVENT_DEREGISTER_ANY': deregister('storagePool'),
  'remote:CONNECT_NODE_DEVICE_EVENT_REGISTER_ANY': register(
    'nodeDevice',
    'nodeDevice',
    'dev',
    remote.encodeConnectNodeDeviceEventRegisterAnyRet,
  ),
  'remote:CONNECT_NODE_DEVICE_EVENT_DEREGISTER_ANY': deregister('nodeDevice'),
  'remote:CONNECT_SECRET_EVENT_REGISTER_ANY': register(
    'secret',
    'secret',
    'secret',
    remote.encodeConnectSecretEventRegisterAnyRet,
  ),
  'remote:CONNECT_SECRET_EVENT_DEREGISTER_ANY': deregister('secret'),
  'qemu:CONNECT_DOMAIN_MONITOR_EVENT_REGISTER': {
    run: (client, call, args) => {
      const { dom, event, flags } = args as { dom: object | undefined; event: string | undefined; flags: number }
      return client.subscriptions.add(sourceOf(client, 'hypervisor'), call, 'qemuMonitor', 0, dom, { event, flags })
    },
    encode: (w, value) => w.int(value as number),
  },
  'qemu:CONNECT_DOMAIN_MONITOR_EVENT_DEREGISTER': deregister('qemuMonitor'),
  'remote:CONNECT_REGISTER_CLOSE_CALLBACK': {
    run(client) {
      client.session('hypervisor')
      if (client.closeCallback) throw internalError('A close callback is already registered')
      client.closeCallback = true
    },
  },
  'remote:CONNECT_UNREGISTER_CLOSE_CALLBACK': {
    run(client) {
      client.session('hypervisor')
      if (!client.closeCallback) throw internalError('No close callback registered')
      client.closeCallback = false
    },
  },
}
