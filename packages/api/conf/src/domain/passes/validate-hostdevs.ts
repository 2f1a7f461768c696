// SPDX-License-Identifier: LGPL-2.1-or-later
// Rules over what a host device must say, and where in the guest it may be.
import type { Pass } from '../../runtime/context.js'
import type { Domain, Hostdev } from '../types.gen.js'
import { pass } from './devices.js'
import { badValue, internalError, unsupported, xmlError } from './report.js'

function checkUsb({ source }: Hostdev & { type: 'usb' }): void {
  const { vendor, product } = source ?? {}
  if (vendor !== undefined && product === undefined) internalError('missing product')
  if (product !== undefined && vendor === undefined) internalError('missing vendor')
  if (vendor === 0) badValue("Invalid value for attribute 'id' in element 'vendor': Zero is not permitted")
}

function checkScsi({ source }: Hostdev & { type: 'scsi' }): void {
  if (source?.protocol === 'iscsi') {
    const type = source.auth?.secret?.type
    if (type !== undefined && type !== 'iscsi') internalError(`hostdev invalid secret type '${type}'`)
    if (source.name === undefined) xmlError('missing iSCSI hostdev source path name')
    if (source.hosts.length === 0) xmlError('missing the host address for the iSCSI hostdev')
    if (source.hosts.length > 1) xmlError('only one source host address may be specified for the iSCSI hostdev')
    return
  }
  if (source?.address === undefined) xmlError("'address' must be specified for scsi hostdev source")
  if (source.adapter === undefined) xmlError("'adapter' name must be specified for scsi hostdev source")
}

/** What a container is given of the host must be named. */
function checkCapability(hostdev: Hostdev): void {
  const lacks = (name: string, what: string): never => xmlError(`Missing <${name}> element in hostdev ${what} device`)
  if (hostdev.type === 'storage' && hostdev.source?.block === undefined) lacks('block', 'storage')
  if (hostdev.type === 'misc' && hostdev.source?.char === undefined) lacks('char', 'character')
  if (hostdev.type === 'net' && hostdev.source?.interface === undefined) lacks('interface', 'net')
}

const wwpn = /^naa\.[0-9a-fA-F]{16}$/

const parts = pass('parts of host devices', ({ devices }) => {
  for (const hostdev of devices?.hostdevs ?? []) {
    if (hostdev.mode !== 'subsystem') {
      checkCapability(hostdev)
      continue
    }
    if (hostdev.source === undefined) xmlError('Missing <source> element in hostdev device')
    switch (hostdev.type) {
      case 'usb':
        checkUsb(hostdev)
        break
      case 'scsi':
        checkScsi(hostdev)
        break
      case 'scsi_host':
        if (hostdev.source.wwpn === undefined) xmlError('missing vhost-scsi hostdev source wwpn')
        if (!wwpn.test(hostdev.source.wwpn)) xmlError("malformed 'wwpn' value")
        break
      case 'mdev':
        if (hostdev.source.address === undefined) unsupported('Missing <address> element')
    }
  }
})

function checkPlace({ type, address }: Hostdev): void {
  const where = address?.type ?? 'none'
  if (where === 'none') return
  switch (type) {
    case 'pci':
      if (where !== 'pci' && where !== 'unassigned')
        internalError("PCI host devices must use 'pci' or 'unassigned' address type")
      return
    case 'scsi':
      if (where !== 'drive') unsupported("SCSI host device must use 'drive' address type")
      return
    case 'scsi_host':
      if (where !== 'pci' && where !== 'ccw') unsupported("SCSI_host host device must use 'pci' or 'ccw' address type")
      return
    case 'usb':
      if (where !== 'usb') unsupported("USB host device must use 'usb' address type")
  }
}

const places = pass('places of host devices', ({ devices }) => {
  for (const hostdev of devices?.hostdevs ?? []) {
    if (hostdev.mode !== 'subsystem') continue
    checkPlace(hostdev)
    const { teaming } = hostdev
    if (teaming === undefined) continue
    if (hostdev.type !== 'pci') unsupported('teaming is only supported for pci hostdev devices')
    if (teaming.type !== 'transient') unsupported("teaming hostdev devices must have type='transient'")
    if (teaming.persistent === undefined)
      unsupported('missing required persistent attribute in hostdev teaming element')
  }
})

export const hostdevEarly: readonly Pass<Domain>[] = [parts]
export const hostdevPlaceRules: readonly Pass<Domain>[] = [places]
