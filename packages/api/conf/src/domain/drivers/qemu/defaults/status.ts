// SPDX-License-Identifier: LGPL-2.1-or-later
// Names that running guests have in QEMU, where older versions did not write them into the status: they were always made so.

import type { QemuSourceData } from '../../../../domain-status/types.gen.js'
import type { Pass } from '../../../../runtime/context.js'
import type { Disk, Domain, Hostdev } from '../../../types.gen.js'
import type { QemuPass, QemuScope } from '../host.js'

interface Owner {
  privateData?: unknown
}

/** The private data of a source, made if there is none. */
function dataOf(owner: Owner): QemuSourceData {
  const data = (owner.privateData as QemuSourceData | undefined) ?? { nodenames: [], fdsets: [] }
  owner.privateData = data
  return data
}

function addSecret(owner: Owner, type: 'auth' | 'encryption', alias: string): void {
  const { objects } = (owner.privateData as QemuSourceData | undefined) ?? {}
  if (objects?.secrets.some((one) => one.type === type)) return
  const data = dataOf(owner)
  data.objects = { ...objects, secrets: [...(objects?.secrets ?? []), { type, alias }] }
}

function addCredentials(owner: Owner, alias: string): void {
  const data = dataOf(owner)
  data.objects ??= { secrets: [] }
  data.objects.TLSx509 ??= alias
}

function disk({ alias, source, auth, encryption }: Disk): void {
  if (alias === undefined) return
  if (source.type === 'network' && (source.auth ?? auth)) addSecret(source, 'auth', `${alias}-secret0`)
  if ((source.encryption ?? encryption)?.format === 'luks') addSecret(source, 'encryption', `${alias}-luks-secret0`)
  if (source.type === 'network' && source.tls === true) addCredentials(source, `obj${alias}_tls0`)
}

function hostdev(hostdev: Hostdev): void {
  const { alias } = hostdev
  if (alias === undefined || hostdev.type !== 'scsi' || !hostdev.source) return
  const { source } = hostdev
  const data = dataOf(source)
  if (!data.nodenames.some((one) => one.type === 'storage'))
    data.nodenames = [{ type: 'storage', name: `libvirt-${alias}-backend` }, ...data.nodenames]
  if (source.auth) addSecret(source, 'auth', `${alias}-secret0`)
}

function names({ devices }: Domain, { context }: QemuScope): void {
  if (!context.has('status')) return
  for (const one of devices?.disks ?? []) disk(one)
  for (const one of devices?.hostdevs ?? []) hostdev(one)
}

/** The pass over definitions of running guests. */
export function statusPasses(pass: QemuPass): readonly Pass<Domain>[] {
  return [pass('names in QEMU', names)]
}
