// SPDX-License-Identifier: LGPL-2.1-or-later
// How fast the host's end of an interface is: what the kernel's traffic control is told, by its own program.
import { execFile } from 'node:child_process'
import type { Domain, Interface } from '@virt/conf'
import { ErrorDomain, ErrorNumber, systemFailure, virtError } from '@virt/core'
import { isDirect } from './macvtaps.js'

/** Limits of an interface, as its guest sees directions. */
export type Bandwidth = NonNullable<Interface['bandwidth']>
type Rates = NonNullable<Bandwidth['inbound']>

/** Bytes of a packet that classes are served by in turn. */
const packet = 1500n

/** Milliseconds that the program may take; it only talks with the kernel. */
const patience = 10_000

/** Runs the program. @throws VirtError what it has to say */
async function control(words: readonly string[]): Promise<void> {
  const env = { LC_ALL: 'C', PATH: process.env.PATH ?? '/usr/sbin:/usr/bin:/sbin:/bin' }
  await new Promise<void>((resolve, reject) => {
    execFile('tc', [...words], { env, timeout: patience, killSignal: 'SIGKILL' }, (error, _said, complaint) => {
      if (error === null) resolve()
      else if (error.code === ('ENOENT' as never))
        reject(systemFailure({ code: 'ENOENT' }, ErrorDomain.NONE, "Cannot find 'tc' in path"))
      else {
        const status = typeof error.code === 'number' ? `exit status ${error.code}` : `fatal signal ${error.signal}`
        const detail = `Child process (tc ${words.join(' ')}) unexpected ${status}: ${complaint}`
        reject(virtError(ErrorNumber.INTERNAL_ERROR, ErrorDomain.NONE, detail))
      }
    })
  })
}

const lines = (text: string): string[][] => text.split('\n').map((line) => line.trim().split(' '))

/** What goes out at the host's end: in a class of its own. */
function sending(name: string, { average = 0n, peak, burst }: Rates): string[][] {
  const quantum = (average * 1024n) / 8n / packet
  const more = `${peak === undefined ? '' : ` ceil ${peak}kbps`}${burst === undefined ? '' : ` burst ${burst}kb`}`
  return lines(`qdisc add dev ${name} root handle 1: htb default 1
    class add dev ${name} parent 1: classid 1:1 htb rate ${average}kbps${more} quantum ${quantum === 0n ? 1n : quantum}
    qdisc add dev ${name} parent 1:1 handle 2: sfq perturb 10
    filter add dev ${name} parent 1:0 protocol all prio 1 handle 1 fw flowid 1`)
}

/** What comes in at the host's end: dropped when it is too much. */
function receiving(name: string, { average = 0n, burst = average }: Rates): string[][] {
  const police = `police rate ${average}kbps burst ${burst}kb mtu 64kb drop flowid :1`
  return lines(`qdisc add dev ${name} ingress
    filter add dev ${name} parent ffff: protocol all u32 match u32 0 0 ${police}`)
}

/** Takes the limits of a link away, if it has any. */
async function clearLimits(name: string): Promise<void> {
  for (const words of [`qdisc del dev ${name} root`, `qdisc del dev ${name} ingress`])
    await control(words.split(' ')).catch(() => {})
}

/** Packets for the guest do not wait on their way, where nothing limits them. */
async function withoutQueue(name: string): Promise<void> {
  await control(`qdisc add dev ${name} root handle 0: noqueue`.split(' ')).catch(() => {})
}

/** Sets the limits of an interface, which has none before. @throws VirtError */
async function setLimits(net: Interface, bandwidth: Bandwidth | undefined = net.bandwidth): Promise<void> {
  const name = net.target?.dev
  if (bandwidth === undefined || name === undefined) return
  if (process.getuid?.() !== 0)
    throw virtError(
      ErrorNumber.CONFIG_UNSUPPORTED,
      ErrorDomain.NONE,
      'Network bandwidth tuning is not available in session mode',
    )
  await clearLimits(name)
  const { inbound, outbound } = bandwidth
  const [sent, got] = isDirect(net) ? [outbound, inbound] : [inbound, outbound]
  if (sent?.average !== undefined) for (const words of sending(name, sent)) await control(words)
  if (got?.average !== undefined) for (const words of receiving(name, got)) await control(words)
}

/** Sets up a link that is new. @throws VirtError */
export async function beginLimits(net: Interface): Promise<void> {
  if (process.getuid?.() === 0) await withoutQueue(net.target?.dev ?? '')
  await setLimits(net)
}

/** Gives links back that somebody else has made as they were. @param only of these names; all when undefined */
export async function endLimits({ devices }: Domain, only?: readonly string[]): Promise<void> {
  for (const { bandwidth, target } of devices?.interfaces ?? []) {
    const name = target?.dev ?? ''
    if (bandwidth !== undefined && target?.managed === false && only?.includes(name) !== false) await clearLimits(name)
  }
}

/** Changes the limits of an interface of a guest that runs. @throws VirtError; it has those of before then */
export async function changeLimits(net: Interface, bandwidth: Bandwidth | undefined): Promise<void> {
  try {
    await replaceLimits(net, bandwidth)
  } catch (error) {
    // differs: also of a card that had none nothing half made is left.
    await replaceLimits(net, net.bandwidth).catch(() => {})
    throw error
  }
}

async function replaceLimits(net: Interface, bandwidth: Bandwidth | undefined): Promise<void> {
  await setLimits(net, bandwidth ?? {})
  if (bandwidth?.inbound === undefined) await withoutQueue(net.target?.dev ?? '')
}
