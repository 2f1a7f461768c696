// SPDX-License-Identifier: LGPL-2.1-or-later
// The program that a client means who names some of: program, architecture, machine, kind of guest.
import { isArchitecture } from '@virt/conf'
import { configUnsupported, invalidArg } from '../errors.js'
import type { QemuState } from '../state.js'
import { type Accelerator, acceleratorOf, findMachine, type QemuCaps } from './caps.js'

/** Whether it is one of Intel's and AMD's. */
export const isX86 = (arch: string): boolean => arch === 'x86_64' || arch === 'i686'

/** Kinds of guests that libvirt knows; not all of them are QEMU's. */
const virtTypes: ReadonlySet<string> = new Set(
  'qemu kqemu kvm xen lxc uml openvz test vmware hyperv vbox phyp parallels bhyve vz hvf'.split(' '),
)

/** What a client has named. */
export interface Wanted {
  readonly emulator?: string | undefined
  readonly arch?: string | undefined
  readonly machine?: string | undefined
  readonly virtType?: string | undefined
}

/** A program, and as what it is meant. */
export interface Meant {
  readonly caps: QemuCaps
  readonly virtType: string
  readonly accelerator: Accelerator
}

/** A program by its path or architecture; the host's when neither is given. @throws VirtError `invalid-arg` */
export async function programFor(
  { programs }: QemuState,
  { emulator, arch }: Pick<Wanted, 'emulator' | 'arch'>,
): Promise<QemuCaps> {
  if (arch !== undefined && !isArchitecture(arch)) throw invalidArg(`unknown architecture: ${arch}`)
  const binary = emulator ?? programs.forArch(arch ?? programs.arch)
  if (binary === undefined)
    throw configUnsupported(`unable to find any emulator to serve '${arch ?? programs.arch}' architecture`)
  const caps = await programs.get(binary)
  // One for 64 bits has those of 32 as well.
  if (arch !== undefined && arch !== caps.arch && !(isX86(arch) && isX86(caps.arch)))
    throw invalidArg(`architecture from emulator '${caps.arch}' doesn't match given architecture '${arch}'`)
  return caps
}

/** @throws VirtError `invalid-arg` for what this host has not */
export async function programMeant(state: QemuState, wanted: Wanted): Promise<Meant> {
  const caps = await programFor(state, wanted)
  const { machine } = wanted
  const virtType = wanted.virtType ?? (caps.accelerators.kvm === undefined ? 'qemu' : 'kvm')
  if (!virtTypes.has(virtType)) throw invalidArg(`unknown virttype: ${virtType}`)
  const accelerator = acceleratorOf(virtType)
  const foreign = accelerator === 'tcg' && virtType !== 'qemu'
  if (foreign || (accelerator !== 'tcg' && caps.accelerators[accelerator] === undefined))
    throw invalidArg(`the accel '${accelerator}' is not supported by '${caps.binary}' on this host`)
  if (machine !== undefined && findMachine(caps, accelerator, machine) === undefined)
    throw invalidArg(`the machine '${machine}' is not supported by emulator '${caps.binary}'`)
  return { caps, virtType, accelerator }
}
