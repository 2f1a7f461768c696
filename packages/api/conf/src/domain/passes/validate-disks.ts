// SPDX-License-Identifier: LGPL-2.1-or-later
// Rules over disks.
import { ErrorDomain, ErrorNumber, virtError } from '@virt/core'
import type { Pass } from '../../runtime/context.js'
import { secretNameFault } from '../schema/storage.js'
import type { DeviceAddress, Disk, Domain, StorageSource } from '../types.gen.js'
import { pass } from './devices.js'
import { fail, unsupported, xmlError } from './report.js'
import { diskKindRules } from './validate-disk-kinds.js'

/** How errors name a source. */
function nameOf(source: StorageSource): string {
  switch (source.type) {
    case 'file':
      return source.file ?? '(null)'
    case 'block':
    case 'vhostvdpa':
      return source.dev ?? '(null)'
    case 'dir':
      return source.dir ?? '(null)'
    case 'network':
      // What comes before the first slash is the pool's or the volume's name.
      return (
        (source.protocol === 'rbd' || source.protocol === 'gluster'
          ? source.name?.replace(/^[^/]*\//, '')
          : source.name) ?? '(null)'
      )
    default:
      return '(null)'
  }
}

const targets = pass('disk targets', ({ devices }) => {
  const seen = new Set<string>()
  for (const disk of devices?.disks ?? []) {
    const name = disk.target?.dev
    if (name === undefined) fail(ErrorNumber.NO_TARGET, nameOf(disk.source))
    if (disk.device === 'floppy' && !name.startsWith('fd'))
      fail(ErrorNumber.INTERNAL_ERROR, `Invalid floppy device name: ${name}`)
    if (disk.device !== 'cdrom' && disk.device !== 'floppy' && !isUsual(name))
      fail(ErrorNumber.INTERNAL_ERROR, `Invalid harddisk device name: ${name}`)
    if (seen.has(name))
      xmlError(
        `target '${name}' duplicated for disk sources '${duplicateOf(devices?.disks ?? [], name)}' and '${nameOf(disk.source)}'`,
      )
    seen.add(name)
  }
})

const usual = /^(hd|sd|vd|xvd|ubd)/
const isUsual = (name: string) => usual.test(name)
const duplicateOf = (disks: readonly Disk[], name: string) => {
  const first = disks.find((disk) => disk.target?.dev === name)
  return first ? nameOf(first.source) : ''
}

const auth = pass('disk secrets', ({ devices }) => {
  for (const disk of devices?.disks ?? []) {
    const { source } = disk
    for (const { auth, encryption } of [disk, source])
      for (const secret of [...(auth?.secret ? [auth.secret] : []), ...(encryption?.secrets ?? [])]) {
        const fault = secretNameFault(secret)
        if (fault !== undefined) throw virtError(ErrorNumber.XML_ERROR, ErrorDomain.NONE, fault)
      }
    if (disk.auth && source.auth) unsupported('an <auth> definition already found for disk source')
    if (disk.encryption && source.encryption) unsupported('an <encryption> definition already found for disk source')
    const given = disk.auth ?? source.auth
    if (given && source.type === 'network') {
      const wanted = source.protocol === 'iscsi' ? 'iscsi' : source.protocol === 'rbd' ? 'ceph' : undefined
      const type = given.secret?.type
      if (wanted !== undefined && type !== undefined && type !== wanted) unsupported(`invalid secret type '${type}'`)
    }
  }
})

type Drive = Extract<DeviceAddress, { type: 'drive' }>
const placeOf = ({ controller, bus, target, unit }: Drive) =>
  `controller='${controller}' bus='${bus}' target='${target}' unit='${unit}'`

const conflicts = pass('drive addresses in use', ({ devices }) => {
  if (!devices) return
  const disks = devices.disks.filter((disk) => disk.address?.type === 'drive')
  for (const [i, disk] of disks.entries()) {
    const place = placeOf(disk.address as Drive)
    const other = disks
      .slice(i + 1)
      .find((one) => one.target?.bus === disk.target?.bus && placeOf(one.address as Drive) === place)
    if (other) unsupported(`Found duplicate drive address for disk with target name '${disk.target?.dev}' ${place}`)
  }
  const hosts = devices.hostdevs.filter((one) => one.type === 'scsi' && one.address?.type === 'drive')
  for (const [i, host] of hosts.entries()) {
    const place = placeOf(host.address as Drive)
    const disk = disks.find((one) => one.target?.bus === 'scsi' && placeOf(one.address as Drive) === place)
    if (disk)
      unsupported(
        `using disk target name '${disk.target?.dev}' conflicts with SCSI host device address ${place.slice(0, -1)}`,
      )
    if (hosts.slice(i + 1).some((one) => placeOf(one.address as Drive) === place))
      unsupported(`SCSI host address ${place} in use by another SCSI host device`)
  }
})

export const diskRules: readonly Pass<Domain>[] = [targets, auth, ...diskKindRules]
export const driveRules: readonly Pass<Domain>[] = [conflicts]
