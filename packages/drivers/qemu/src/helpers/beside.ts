// SPDX-License-Identifier: LGPL-2.1-or-later
// All that runs beside a guest, started before it.
import { mkdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Domain } from '@virt/conf'
import { runName } from '../command/short-name.js'
import { scsiNames } from '../resources/host-devices.js'
import type { QemuState } from '../state.js'
import { passtInterfaces, passtSocket, startPasst } from './passt.js'
import { emulatedTpm, startTpm } from './tpm.js'
import { servedFolders, startVirtiofs } from './virtiofs.js'

/** Places that a start has found, by purpose and owner. */
export type Places = ReadonlyMap<string, string>

export const placeKey = (purpose: string, owner: string): string => `${purpose}/${owner}`

/** A socket that a program gets, and QEMU connects to. */
async function listener(state: QemuState, document: Domain, path: string): Promise<{ fd: number; close(): void }> {
  await mkdir(dirname(path), { recursive: true, mode: 0o755 })
  await rm(path, { force: true })
  const socket = state.native.sockets.open({ type: 'stream', bind: path, listen: 1 })
  await state.security.own(document, path)
  return socket
}

/** Where a guest finds the sockets of what runs beside it, and devices of the host. @param id number of the guest @throws VirtError for devices that the host has not */
export function placesBeside(state: QemuState, document: Domain, id: number): Places {
  const places = new Map<string, string>()
  const run = runName(id, document.name ?? '')
  const tpm = emulatedTpm(document)
  if (tpm !== undefined)
    places.set(placeKey('tpm-socket', tpm.alias ?? ''), join(state.paths.run, 'swtpm', `${run}-swtpm.sock`))
  for (const net of passtInterfaces(document))
    places.set(placeKey('passt-socket', net.alias ?? ''), passtSocket(state, run, net))
  for (const [alias, name] of scsiNames(document)) places.set(placeKey('scsi-generic', alias), name)
  return places
}

/**
 * Starts what runs beside a guest.
 * @param lib folder of the run: `endHelpers` finds everything there
 * @returns where QEMU finds it
 * @throws VirtError for a program that is not there or fails
 */
export async function startBeside(state: QemuState, document: Domain, id: number, lib: string): Promise<Places> {
  const places = placesBeside(state, document, id)
  const place = (purpose: string, owner = ''): string => places.get(placeKey(purpose, owner)) ?? ''
  const tpm = emulatedTpm(document)
  if (tpm !== undefined) {
    const socket = await listener(state, document, place('tpm-socket', tpm.alias))
    try {
      await startTpm(state, document, lib, socket)
    } finally {
      socket.close()
    }
  }
  for (const fs of servedFolders(document)) await startVirtiofs(state, document, lib, fs)
  for (const net of passtInterfaces(document))
    await startPasst(state, document, lib, net, place('passt-socket', net.alias))
  return places
}
