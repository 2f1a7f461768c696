// SPDX-License-Identifier: LGPL-2.1-or-later
// Who we are by SASL. The exchange is @virt/sasl's, loaded when a daemon wants one.
import { credentialsOf, ErrorDomain, ErrorNumber, type VirtError, virtError } from '@virt/core'
import { remote } from '@virt/rpc'
import type { AuthContext } from './auth.js'
import { message } from './calls.js'
import { paramOf } from './way.js'

const init = message('AUTH_SASL_INIT', undefined, (r) => remote.decodeAuthSaslInitRet(r).mechlist)
const start = message<remote.AuthSaslStartRet, [remote.AuthSaslStartArgs]>(
  'AUTH_SASL_START',
  (w, args) => remote.encodeAuthSaslStartArgs(w, args),
  (r) => kept(remote.decodeAuthSaslStartRet(r)),
)
const step = message<remote.AuthSaslStepRet, [remote.AuthSaslStepArgs]>(
  'AUTH_SASL_STEP',
  (w, args) => remote.encodeAuthSaslStepArgs(w, args),
  (r) => kept(remote.decodeAuthSaslStepRet(r)),
)

/** A reply whose bytes outlive the buffer it came in. */
const kept = <T extends { data: Uint8Array }>(reply: T): T => ({ ...reply, data: Buffer.from(reply.data) })

/** No mechanism takes more messages. */
const maxSteps = 10

/** Negotiates, and puts the layer that was agreed on over the link. @throws VirtError `auth-failed` */
export async function authSasl({ link, uri, way, ask }: AuthContext): Promise<void> {
  const { clientProperties, SaslClient, SaslError } = await import('@virt/sasl')
  const offered = await link.call(init, [], 'authSaslInit')
  const wanted = /^sasl\.(.+)$/s.exec(paramOf(uri, 'auth') ?? '')?.[1]
  if (wanted !== undefined && !offered.split(',').includes(wanted))
    throw failed(`SASL mechanism ${wanted} not supported by server`)
  const properties = clientProperties(way.secure)
  const host = uri.server ?? 'localhost'
  const client = new SaslClient({
    service: 'libvirt',
    host,
    properties,
    ask: credentialsOf({ service: 'libvirt', host, uri }, ask, failed),
  })
  const guard = <T>(what: string, run: () => Promise<T>): Promise<T> =>
    run().catch((error: unknown) => {
      if (!(error instanceof SaslError)) throw error
      const detail = `Failed to ${what} SASL negotiation: ${error.number} (${error.message})`
      throw virtError(ErrorNumber.AUTH_FAILED, ErrorDomain.RPC, detail)
    })
  const first = await guard('start', () => client.start(wanted ?? offered))
  let reply = await link.call(start, [{ mech: first.mechanism, ...wireData(first.data) }], 'authSaslStart')
  for (let steps = 0; ; steps++) {
    const done = reply.complete !== 0
    const data = reply.nil === 0 ? Buffer.from(reply.data) : undefined
    const said = client.complete && done ? undefined : await guard('step', () => client.step(data))
    if (done && client.complete) break
    if (done || steps >= maxSteps) throw failed('the daemon is content before it has proved who it is')
    reply = await link.call(step, [wireData(said?.data)], 'authSaslStep')
  }
  if (client.ssf < properties.minSsf) throw failed(`negotiation SSF ${client.ssf} was not strong enough`)
  if (client.layer !== undefined) link.protect(client.layer)
}

const wireData = (data: Uint8Array | undefined): { nil: number; data: Uint8Array } => ({
  nil: data === undefined ? 1 : 0,
  data: data ?? Buffer.alloc(0),
})

const failed = (detail: string): VirtError => virtError(ErrorNumber.AUTH_FAILED, ErrorDomain.REMOTE, detail)
