// SPDX-License-Identifier: LGPL-2.1-or-later
// Trusted platform modules: the host's, one that a program emulates, one that somebody else runs.
import type { Tpm } from '@virt/conf'
import { addressProps } from '../command/address.js'
import type { Build } from '../command/build.js'
import { isVirtBoard } from '../command/machine.js'
import { listProps } from '../command/props.js'
import { fdSet } from './chardevs.js'

const backendChannel = 'chrtpm'

/** Where the other end of an emulated module listens. */
function socketOf(build: Build, { alias = '', backend }: Tpm): string | undefined {
  return backend.type === 'external' ? backend.source?.path : build.context.start.place('tpm-socket', alias)
}

/** `-tpmdev`; returns its name. */
function backend(build: Build, tpm: Tpm): string {
  const { alias = '' } = tpm
  const id = `tpm-${alias}`
  if (tpm.backend.type === 'passthrough') {
    const { start } = build.context
    const path = fdSet(build, start.fd('tpm', alias), `${alias}-tpm`)
    const cancel = fdSet(build, start.fd('tpm-cancel', alias), `${alias}-cancel`)
    build.add('-tpmdev', listProps('passthrough', { id, path, 'cancel-path': cancel }))
    return id
  }
  build.add('-chardev', listProps('socket', { id: backendChannel, path: socketOf(build, tpm) }))
  build.add('-tpmdev', listProps('emulator', { id, chardev: backendChannel }))
  return id
}

/** The device that guests talk to. On boards without an ISA bus it is a device of the board's own bus. */
function driverOf(build: Build, { model = 'tpm-tis' }: Tpm): string {
  return model === 'tpm-tis' && isVirtBoard(build.domain) ? 'tpm-tis-device' : model
}

/** Modules, and behind them the way of POWER guests to the host's own. */
export function tpms(build: Build): void {
  const all = build.domain.devices?.tpms ?? []
  for (const tpm of all) {
    if (tpm.model === 'spapr-tpm-proxy') continue
    const tpmdev = backend(build, tpm)
    build.device({ driver: driverOf(build, tpm), tpmdev, id: tpm.alias, ...addressProps(build, tpm) }, tpm)
  }
  for (const tpm of all) {
    if (tpm.model !== 'spapr-tpm-proxy' || tpm.backend.type !== 'passthrough') continue
    build.device({ driver: tpm.model, id: tpm.alias, 'host-path': tpm.backend.device }, tpm)
  }
}
