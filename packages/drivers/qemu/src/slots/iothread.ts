// SPDX-License-Identifier: LGPL-2.1-or-later
// Threads for input and output: more of them, fewer, and how long they poll.
import type { Domain, IothreadId } from '@virt/conf'
import {
  type Call,
  ErrorDomain,
  ErrorNumber,
  type ParamType,
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
import { configUnsupported, invalidArg, operationInvalid } from '../errors.js'
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

/** Parameters with QEMU's names of the properties, and the most that QEMU lets them be. */
const tunables = [
  ['poll_max_ns', 'poll-max-ns', Param.ullong, 2n ** 31n - 1n],
  ['poll_grow', 'poll-grow', Param.uint, 2n ** 31n - 1n],
  ['poll_shrink', 'poll-shrink', Param.uint, 2n ** 31n - 1n],
  ['thread_pool_min', 'thread-pool-min', Param.int, undefined],
  ['thread_pool_max', 'thread-pool-max', Param.int, undefined],
] as const

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
      throw unusable(`cannot remove IOThread ${id} since it is being used by disk '${target?.dev ?? ''}'`)
  for (const { driver, index } of document.devices?.controllers ?? [])
    if (driver?.iothread === id)
      throw unusable(`cannot remove IOThread '${id}' since it is being used by controller '${index ?? 0}'`)
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

type Given = ReadonlyMap<string, ParamValue>

/** How much they poll may be told in either of two types. */
function readTunables(params: TypedParams): Given {
  const { names, types } = params.shape
  const wide = (name: string): boolean => types[names.indexOf(name)] === Param.ullong
  const either = tunables.map(([name, , type]) => [name, /^poll_/.test(name) && wide(name) ? Param.ullong : type])
  return readParams(params, paramShape(Object.fromEntries(either) as Record<string, ParamType>))
}

/** @throws VirtError for numbers that QEMU does not take */
function checkLive(given: Given): void {
  for (const [name, qemu, , most] of tunables) {
    const value = given.get(name)
    if (value === undefined || most === undefined) continue
    if (BigInt(value as number | bigint) > most)
      throw configUnsupported(`${qemu} (${String(value)}) must be less than or equal to ${most}`)
  }
}

/** @throws VirtError for numbers of threads that can never be */
function checkNumbers(given: Given): void {
  const [least, most] = [given.get('thread_pool_min'), given.get('thread_pool_max')].map((value) =>
    value === undefined ? undefined : Number(value),
  )
  if (least !== undefined && least < -1)
    throw configUnsupported(`thread_pool_min (${least}) must be equal to or greater than -1`)
  if (most !== undefined && (most < -1 || most === 0))
    throw configUnsupported(`thread_pool_max (${most}) must be a positive number or -1`)
}

/** @throws VirtError for numbers of threads that do not fit each other */
function check(thread: IothreadId, given: Given): void {
  const { thread_pool_min = -1, thread_pool_max = -1 } = pooled(thread, given)
  // parity: no limit, which is -1, is fewer than any number.
  if (thread_pool_min > thread_pool_max)
    throw operationInvalid(
      `thread_pool_min (${thread_pool_min}) can't be greater than thread_pool_max (${thread_pool_max})`,
    )
}

async function setParams(
  state: QemuState,
  call: Call,
  domain: QemuDomain,
  id: number,
  params: TypedParams,
  flags: number,
): Promise<void> {
  const given = readTunables(params)
  checkNumbers(given)
  const require = (document: Domain): IothreadId => {
    const found = document.iothreadids.find((one) => one.id === id)
    if (found === undefined) throw invalidArg(`cannot find IOThread '${id}' in iothreadids`)
    check(found, given)
    return found
  }
  const changed = (document: Domain): Domain => ({
    ...document,
    iothreadids: document.iothreadids.map((one) => (one.id === id ? tuned(one, given) : one)),
  })
  await modifyDomain(state, call, domain, flags, {
    checkLive(document) {
      require(document)
      checkLive(given)
    },
    async live(_document, { monitor }) {
      for (const [name, property] of tunables) {
        const value = given.get(name)
        if (value === undefined) continue
        await monitor.command('qom-set', { path: `/objects/${named(id)}`, property, value: value as number | bigint })
      }
      return changed
    },
    config(document) {
      require(document)
      return changed(document)
    },
  })
}

/** Names of how much it polls, with those that documents have for them. */
const polling = { poll_max_ns: 'max', poll_grow: 'grow', poll_shrink: 'shrink' } as const

function tuned(thread: IothreadId, given: Given): IothreadId {
  const own = Object.entries(polling).filter(([name]) => given.has(name))
  const set = own.map(([name, called]) => [called, BigInt(given.get(name) as number | bigint)])
  const poll = own.length === 0 ? thread.poll : { ...thread.poll, ...Object.fromEntries(set) }
  // One that something is set for is told of.
  return { ...pooled(thread, given), poll, auto: undefined }
}

/** With the numbers of threads that are given; -1 is none. */
function pooled(thread: IothreadId, given: Given): IothreadId {
  const own = ['thread_pool_min', 'thread_pool_max'].filter((name) => given.has(name))
  const set = own.map((name) => [name, Number(given.get(name))] as const)
  return { ...thread, ...Object.fromEntries(set.map(([name, number]) => [name, number === -1 ? undefined : number])) }
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
