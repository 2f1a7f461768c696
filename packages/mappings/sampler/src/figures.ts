// SPDX-License-Identifier: LGPL-2.1-or-later
// The record that the bulk call gives of a guest, laid into the guest.
import type { PlainParams, PlainValue } from '@virt/core'
import { type DiskTraffic, type Guest, type GuestDisk, type GuestInterface, idleDisk, idleInterface } from './guest.js'

const group = (value: PlainValue): PlainParams =>
  typeof value === 'object' && value !== null ? (value as PlainParams) : {}
const big = (value: PlainValue): bigint =>
  typeof value === 'bigint' ? value : typeof value === 'number' ? BigInt(Math.trunc(value)) : 0n
const small = (value: PlainValue, otherwise = 0): number => (value === undefined ? otherwise : Number(value as bigint))
const text = (value: PlainValue): string => (typeof value === 'string' ? value : '')

/** Entries of a list such as `net.0.…`, `net.1.…`, with their numbers. */
function* listed(list: PlainParams): Generator<[number, PlainParams]> {
  for (const [key, value] of Object.entries(list))
    if (/^\d+$/.test(key) && typeof value === 'object') yield [Number(key), value as PlainParams]
}

/**
 * Takes over what a record says; what it does not say stays.
 * @returns whether it told of memory and CPUs, and of devices: not every driver does
 */
export function applyFigures(guest: Guest, record: PlainParams): { own: boolean; devices: boolean } {
  const state = group(record.state)
  if (state.state !== undefined) {
    guest.state = small(state.state)
    guest.reason = small(state.reason)
  }
  const cpu = group(record.cpu)
  if (cpu.time !== undefined) guest.cpu = { time: big(cpu.time), user: big(cpu.user), system: big(cpu.system) }
  const balloon = group(record.balloon)
  if (balloon.current !== undefined || balloon.maximum !== undefined)
    guest.memory = {
      current: balloon.current === undefined ? guest.memory.current : big(balloon.current),
      maximum: balloon.maximum === undefined ? guest.memory.maximum : big(balloon.maximum),
      resident: big(balloon.rss),
    }
  const { vcpuCurrent, vcpuMaximum } = record
  if (vcpuCurrent !== undefined || vcpuMaximum !== undefined)
    guest.vcpus = {
      current: small(vcpuCurrent, guest.vcpus.current),
      maximum: small(vcpuMaximum, guest.vcpus.maximum),
      each: [...listed(group(record.vcpu))].map(([number, v]) => ({
        number,
        state: small(v.state),
        time: big(v.time),
        wait: big(v.wait),
        delay: big(v.delay),
      })),
    }
  // Guests that do not run have no traffic to tell of, whatever the driver knows.
  const devices = guest.id < 0 || record.block !== undefined || record.net !== undefined
  if (devices) {
    if (guest.disks.length > 0) applyDisks(guest, group(record.block))
    if (guest.interfaces.length > 0) applyInterfaces(guest, group(record.net))
  }
  return { own: balloon.current !== undefined && vcpuCurrent !== undefined, devices }
}

/** Takes over what the call for one disk says. */
export function applyDiskStats(disk: GuestDisk, stats: PlainParams): void {
  disk.read = { requests: big(stats.rdOperations), bytes: big(stats.rdBytes), time: big(stats.rdTotalTimes) }
  disk.write = { requests: big(stats.wrOperations), bytes: big(stats.wrBytes), time: big(stats.wrTotalTimes) }
  disk.flush = { requests: big(stats.flushOperations), bytes: 0n, time: big(stats.flushTotalTimes) }
  disk.errors = big(stats.errs)
}

function applyDisks(guest: Guest, block: PlainParams): void {
  const byTarget = new Map<string, PlainParams>()
  // A chain has one entry a layer, of one name: the first is the image that the guest sees.
  for (const [, entry] of listed(block)) {
    const name = text(entry.name)
    if (!byTarget.has(name)) byTarget.set(name, entry)
  }
  for (const disk of guest.disks) {
    const entry = byTarget.get(disk.target)
    if (entry === undefined) Object.assign(disk, idleDisk)
    else Object.assign(disk, diskFigures(entry))
  }
}

function diskFigures(entry: PlainParams): Partial<GuestDisk> {
  const traffic = (of: PlainParams): DiskTraffic => ({
    requests: big(of.reqs),
    bytes: big(of.bytes),
    time: big(of.times),
  })
  return {
    capacity: big(entry.capacity),
    allocation: big(entry.allocation),
    physical: big(entry.physical),
    read: traffic(group(entry.rd)),
    write: traffic(group(entry.wr)),
    flush: traffic(group(entry.fl)),
    errors: big(entry.errors),
  }
}

function applyInterfaces(guest: Guest, net: PlainParams): void {
  const byName = new Map([...listed(net)].map(([, entry]) => [text(entry.name), entry]))
  for (const port of guest.interfaces) {
    const entry = port.target === '' ? undefined : byName.get(port.target)
    if (entry === undefined) Object.assign(port, idleInterface)
    else Object.assign(port, interfaceFigures(entry))
  }
}

function interfaceFigures(entry: PlainParams): Pick<GuestInterface, 'received' | 'sent'> {
  const traffic = (of: PlainParams): GuestInterface['sent'] => ({
    bytes: big(of.bytes),
    packets: big(of.pkts),
    errors: big(of.errs),
    dropped: big(of.drop),
  })
  return { received: traffic(group(entry.rx)), sent: traffic(group(entry.tx)) }
}
