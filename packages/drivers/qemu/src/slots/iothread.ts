// SPDX-License-Identifier: LGPL-2.1-or-later
// Threads for input and output: more of them, fewer, and how long they poll.
import type { Domain, IothreadId } from '@virt/conf'
import {
  type Call,
  ErrorDomain,
  ErrorNumber,
  type ParamValue,
  type Resolvers,
  type SlotMethods,
  type SlotTable,
  type TypedParams,
  virtError,
} from '@virt/core'
import { Param, paramShape, readParams } from '@virt/stateful'
import { type Edit, modifyDomain } from '../domain/modify.js'
import type { QemuDomain } from '../domain/record.js'
import { configUnsupported, invalidArg, operationUnsupported } from '../errors.js'
import { askAll } from '../process/inspect.js'
import type { Run } from '../process/run.js'
import { placeThread } from '../resources/threads.js'
import type { QemuState } from '../state.js'

const affect = 3

export const iothreadSupport: SlotTable = {
  domainAddIOThread: { flags: affect, fn: 'qemuDomainAddIOThread' },
  domainDelIOThread: { flags: affect, fn: 'qemuDomainDelIOThread' },
  domainSetIOThreadParams: { flags: affect, fn: 'qemuDomainSetIOThreadParams' },
}

/** Parameters with QEMU's names of the properties, and the most they may be. */
const tunables = [
  ['poll_max_ns', 'poll-max-ns', Param.ullong, 2n ** 31n - 1n],
  ['poll_grow', 'poll-grow', Param.uint, 2n ** 31n - 1n],
  ['poll_shrink', 'poll-shrink', Param.uint, 2n ** 31n - 1n],
  ['thread_pool_min', 'thread-pool-min', Param.int, undefined],
  ['thread_pool_max', 'thread-pool-max', Param.int, undefined],
] as const
const shape = paramShape(Object.fromEntries(tunables.map(([name, , type]) => [name, type])))

function unusable(detail: string): Error {
  return virtError(ErrorNumber.INVALID_ARG, ErrorDomain.DOMAIN, detail)
}

const named = (id: number): string => `iothread${id}`

function withThreads(document: Domain, iothreadids: readonly IothreadId[]): Domain {
  return { ...document, iothreadids, iothreads: iothreadids.length }
}

function added(document: Domain, id: number): Domain {
  if (document.iothreadids.some((one) => one.id === id))
    throw unusable(`an IOThread is already using iothread_id '${id}'`)
  return withThreads(document, [...document.iothreadids, { id }])
}

/** @throws VirtError when a device needs it */
function removed(document: Domain, id: number): Domain {
  if (!document.iothreadids.some((one) => one.id === id))
    throw unusable(`cannot find IOThread '${id}' in iothreadids list`)
  for (const { driver, target } of document.devices?.disks ?? [])
    if (driver?.iothread === id || driver?.iothreads?.some((one) => one.id === id))
      throw invalidArg(`cannot remove IOThread ${id} since it is being used by disk '${target?.dev ?? ''}'`)
  for (const { driver, index } of document.devices?.controllers ?? [])
    if (driver?.iothread === id)
      throw invalidArg(`cannot remove IOThread '${id}' since it is being used by controller '${index ?? 0}'`)
  const left = withThreads(
    document,
    document.iothreadids.filter((one) => one.id !== id),
  )
  if (left.cputune === undefined) return left
  return {
    ...left,
    cputune: { ...left.cputune, iothreadpins: left.cputune.iothreadpins.filter((pin) => pin.iothread !== id) },
  }
}

async function look(run: Run): Promise<void> {
  run.facts.iothreads = (await askAll(run.monitor)).iothreads
}

async function add(state: QemuState, run: Run, document: Domain, id: number): Promise<Edit> {
  const next = added(document, id)
  await run.monitor.command('object-add', { 'qom-type': 'iothread', id: named(id) })
  await look(run)
  const found = run.facts.iothreads.find((one) => one.id === id)
  if (found !== undefined) await placeThread(state, run.facts.group, next, 'iothread', found)
  return (now) => added(now, id)
}

/** @throws VirtError for numbers that cannot be */
function check(given: ReadonlyMap<string, ParamValue>): void {
  for (const [name, qemu, , most] of tunables) {
    const value = given.get(name)
    if (value === undefined || most === undefined) continue
    if (BigInt(value as number | bigint) > most)
      throw configUnsupported(`${qemu} (${String(value)}) must be less than or equal to ${most}`)
  }
  const [least, most] = [given.get('thread_pool_min'), given.get('thread_pool_max')].map((value) =>
    value === undefined ? undefined : Number(value),
  )
  if (least !== undefined && least < -1)
    throw configUnsupported(`thread_pool_min (${least}) must be equal to or greater than -1`)
  if (most !== undefined && (most < -1 || most === 0))
    throw configUnsupported(`thread_pool_max (${most}) must be a positive number or -1`)
}

async function setParams(
  state: QemuState,
  call: Call,
  domain: QemuDomain,
  id: number,
  params: TypedParams,
  flags: number,
): Promise<void> {
  const given = readParams(params, shape)
  check(given)
  const require = (document: Domain): void => {
    if (!document.iothreadids.some((one) => one.id === id))
      throw invalidArg(`cannot find IOThread '${id}' in iothreadids`)
  }
  await modifyDomain(state, call, domain, flags, {
    checkLive: require,
    async live(_document, { monitor }) {
      for (const [name, property] of tunables) {
        const value = given.get(name)
        if (value === undefined) continue
        await monitor.command('qom-set', { path: `/objects/${named(id)}`, property, value: value as number | bigint })
      }
      return undefined
    },
    config(document) {
      require(document)
      if (['poll_max_ns', 'poll_grow', 'poll_shrink'].some((name) => given.has(name)))
        throw operationUnsupported('configuring persistent polling values is not supported')
      return { ...document, iothreadids: document.iothreadids.map((one) => (one.id === id ? pooled(one, given) : one)) }
    },
  })
}

function pooled(thread: IothreadId, given: ReadonlyMap<string, ParamValue>): IothreadId {
  const own = ['thread_pool_min', 'thread_pool_max'].filter((name) => given.has(name))
  return { ...thread, ...Object.fromEntries(own.map((name) => [name, Number(given.get(name))])) }
}

export function iothreadSlots(state: QemuState): SlotMethods & Resolvers {
  const requireId = (id: number): void => {
    if (id === 0) throw invalidArg('invalid value of 0 for iothread_id')
  }
  return {
    async domainAddIOThread(call, domain: QemuDomain, id, flags) {
      requireId(id)
      await modifyDomain(state, call, domain, flags, {
        checkLive: (document) => void added(document, id),
        live: (document, run) => add(state, run, document, id),
        config: (document) => added(document, id),
      })
    },
    async domainDelIOThread(call, domain: QemuDomain, id, flags) {
      requireId(id)
      await modifyDomain(state, call, domain, flags, {
        checkLive: (document) => void removed(document, id),
        async live(_document, run) {
          await run.monitor.command('object-del', { id: named(id) })
          await look(run)
          return (document) => removed(document, id)
        },
        config: (document) => removed(document, id),
      })
    },
    async domainSetIOThreadParams(call, domain: QemuDomain, id, params, flags) {
      requireId(id)
      await setParams(state, call, domain, id, params, flags)
    },
  }
}
