// SPDX-License-Identifier: LGPL-2.1-or-later
// QEMU's old forms: `nbd:HOST:PORT[:exportname=NAME]`, `nbd:unix:PATH[…]` and `rbd:POOL/IMAGE[@SNAPSHOT][:KEY=VALUE…]`.
import { type BackingSource, type Host, network, portOf, wrong } from './source.js'

/** @param rest what follows `nbd:` */
export function parseNbd(rest: string): BackingSource {
  const mark = ':exportname='
  const split = rest.indexOf(mark)
  const place = split < 0 ? rest : rest.slice(0, split)
  // The name may be anything, colons included.
  const name = split < 0 ? undefined : rest.slice(split + mark.length) || undefined
  const malformed = () => wrong(`malformed nbd string 'nbd:${rest}'`)
  if (place.startsWith('unix:')) {
    const socket = place.slice(5)
    if (socket === '') throw malformed()
    return network({ protocol: 'nbd', name, hosts: [{ transport: 'unix', socket }] })
  }
  const match = /^(?:\[([^\]]*)\]|([^:]*))(?::(.*))?$/.exec(place)
  const host = match?.[1] ?? match?.[2]
  if (host === undefined || host === '' || match?.[3] === undefined) throw malformed()
  return network({ protocol: 'nbd', name, hosts: [{ name: host, port: portOf(match[3]) }] })
}

/** Parts between unescaped colons. */
function parts(text: string): string[] {
  return text.match(/(?:^|:)(?:[^:\\]|\\.)*/gs)?.map((part, i) => (i === 0 ? part : part.slice(1))) ?? []
}

const plain = (text: string): string => text.replace(/\\(.)/gs, '$1')

/** One monitor of a Ceph cluster: `HOST`, `HOST\:PORT`, `[ADDRESS]\:PORT`. */
function monitor(text: string): Host {
  const whole = plain(text)
  const match = /^(?:\[([^\]]*)\]|([^:]*))(?::(.*))?$/s.exec(whole)
  const host: Host = { name: match?.[1] ?? match?.[2] ?? whole }
  if (match?.[3] !== undefined && match[3] !== '') host.port = portOf(match[3])
  return host
}

/** @param rest what follows `rbd:` */
export function parseRbd(rest: string): BackingSource {
  const [image = '', ...options] = parts(rest)
  const [name = '', snapshot] = plain(image).split('@', 2)
  const fields: { hosts: Host[]; [key: string]: unknown } = { name, snapshot, hosts: [] }
  let username: string | undefined
  for (const option of options) {
    const [, key, value = ''] = /^([^=]*)=(.*)$/s.exec(option) ?? []
    if (key === 'id') username = plain(value)
    else if (key === 'conf') fields.config = plain(value)
    else if (key === 'mon_host')
      fields.hosts = value
        .split(/\\?[;,]|\s/)
        .filter(Boolean)
        .map(monitor)
  }
  const made = network({ ...fields, protocol: 'rbd' })
  return username === undefined ? made : { ...made, username }
}
