// SPDX-License-Identifier: LGPL-2.1-or-later
// Rules over what devices must have, must not have, or have once: those that the reader cannot tell from one field.
import { ErrorNumber } from '@virt/core'
import type { Pass } from '../../runtime/context.js'
import type { Domain, Filesystem } from '../types.gen.js'
import { pass } from './devices.js'
import { badValue, detailError, fail, internalError, unsupported, xmlError } from './report.js'

const events = ['poweroff', 'reboot'] as const
const lifecycle = pass('lifecycle', (domain) => {
  for (const event of events) {
    const action = domain[`on_${event}`]
    if (action === 'coredump-destroy' || action === 'coredump-restart')
      unsupported(`Lifecycle event '${event}' doesn't support '${action}' action`)
  }
})

const panics = pass('panic', ({ devices }) => {
  const seen = new Set<string>()
  for (const { model = 'default' } of devices?.panics ?? []) {
    if (seen.has(model)) xmlError(`Multiple panic devices with model '${model}'`)
    seen.add(model)
  }
})

const tpms = pass('external TPMs', ({ devices }) => {
  for (const { backend } of devices?.tpms ?? []) {
    if (backend?.type === 'emulator' && backend.version === '1.2' && backend.active_pcr_banks !== undefined)
      xmlError("<active_pcr_banks/> requires TPM version '2.0'")
    if (backend?.type === 'emulator' && backend.source?.type !== undefined && backend.source.path === undefined)
      xmlError('missing TPM source path')
    if (backend?.type !== 'external' || backend.source?.type === undefined) continue
    if (backend.source.type !== 'unix') xmlError("only source type 'unix' is supported for external TPM device")
    if ((backend.source.mode ?? 'connect') !== 'connect')
      xmlError("only 'connect' mode is supported for external TPM device")
    if (backend.source.path === undefined) xmlError('missing socket path for external TPM device')
  }
})

const rngs = pass('sources of randomness', ({ devices }) => {
  for (const { backend } of devices?.rngs ?? [])
    if (backend?.model === 'egd' && backend.type === undefined) xmlError('missing EGD backend type')
})

const videos = pass('video models', ({ devices }) => {
  const { videos = [] } = devices ?? {}
  if (videos.length > 1 && videos.some((one) => one.model?.type === 'none'))
    unsupported("a 'none' video type must be the only video device defined for the domain")
  for (const { model, driver } of videos)
    if (model?.acceleration?.rendernode !== undefined && driver?.name !== 'vhostuser')
      unsupported("unsupported rendernode accel attribute without 'vhostuser'")
})

const memory = pass('sizes of memory devices', ({ devices }) => {
  for (const { model, target, discard } of devices?.memorys ?? []) {
    const size = target?.size ?? 0n
    const label = target?.label?.size
    if (model === 'nvdimm' && label !== undefined && label >= size)
      xmlError('label size must be smaller than NVDIMM size')
    if (model === 'nvdimm' && discard === true) unsupported('discard is not supported for nvdimms')
    if (model === 'virtio-pmem') {
      if (discard === true) unsupported(`discard is not supported for model '${model}'`)
      if (target?.node !== undefined) unsupported('virtio-pmem does not support NUMA nodes')
    }
    if (model !== 'virtio-mem') continue
    if ((target?.requested ?? 0n) > size)
      detailError(`requested size must be smaller than or equal to @size (${size}KiB)`)
    const block = target?.block ?? 0n
    if (block === 0n || (block & (block - 1n)) !== 0n) detailError('block size must be a power of two')
    if ((target?.requested ?? 0n) % block !== 0n)
      detailError('requested size must be an integer multiple of block size')
  }
})

function sourceOf({ source }: Filesystem): string | undefined {
  return source?.file ?? source?.dev ?? source?.dir ?? source?.name ?? source?.volume ?? source?.socket
}

const filesystems = pass('ends of filesystems', ({ devices }) => {
  for (const fs of devices?.filesystems ?? []) {
    if (fs.type === 'ram') {
      if (fs.source?.usage === undefined) xmlError("missing 'usage' attribute for RAM filesystem")
    } else if (sourceOf(fs) === undefined) fail(ErrorNumber.NO_SOURCE, fs.target ?? '')
    if (fs.target === undefined) fail(ErrorNumber.NO_TARGET, sourceOf(fs) ?? '')
  }
})

const shmems = pass('names of shared memory', ({ devices }) => {
  for (const { name } of devices?.shmems ?? []) {
    if (name.includes('/')) unsupported("shmem name cannot include '/' character")
    if (name === '.' || name === '..') unsupported(`shmem name cannot be equal to '${name}'`)
  }
})

const vsock = pass('numbers of vsock', ({ devices }) => {
  const address = devices?.vsock?.cid?.address
  if (address !== undefined && address > 0 && address < 3) unsupported('guest CIDs must be >= 3')
})

const smartcards = pass('modes of smart cards', ({ devices }) => {
  for (const { mode, type, certificates, database } of devices?.smartcards ?? []) {
    if (mode === 'host-certificates') {
      if (certificates.length !== 3) xmlError('host-certificates mode needs exactly three certificates')
      if (database !== undefined && !database.startsWith('/')) xmlError(`expecting absolute path: ${database}`)
    }
    if (mode === 'passthrough' && type === undefined)
      xmlError('passthrough mode requires a character device type attribute')
  }
})

const moment = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/
const graphics = pass('secrets of displays', ({ devices }) => {
  for (const one of devices?.graphics ?? []) {
    if (one.type === 'dbus' && one.p2p === true && one.address !== undefined)
      xmlError('D-Bus p2p with an address is not supported')
    if (one.type === 'spice' && one.gl !== undefined && one.gl.enable === undefined)
      badValue("Missing required attribute 'enable' in element 'gl'")
    if (one.type !== 'vnc' && one.type !== 'spice') continue
    if (one.passwd !== undefined && one.passwdValidTo !== undefined && !moment.test(one.passwdValidTo))
      internalError(`cannot parse password validity time '${one.passwdValidTo}', expect YYYY-MM-DDTHH:MM:SS`)
  }
})

const audios = pass('numbers of audio', ({ devices }) => {
  const seen = new Set<number>()
  for (const { id } of devices?.audios ?? []) {
    if (seen.has(id)) xmlError(`audio ID ${id} is used multiple times`)
    seen.add(id)
  }
})

const leases = pass('targets of leases', ({ devices }) => {
  for (const { target } of devices?.leases ?? [])
    if (target !== undefined && target.path === undefined)
      xmlError("Missing 'path' attribute to 'target' element for lease")
})

export const partRules: readonly Pass<Domain>[] = [
  lifecycle,
  panics,
  tpms,
  rngs,
  videos,
  memory,
  filesystems,
  shmems,
  vsock,
  smartcards,
  graphics,
  audios,
  leases,
]
