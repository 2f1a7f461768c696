// SPDX-License-Identifier: LGPL-2.1-or-later
// Rules over the firmware of a guest and its variables.
import type { Domain } from '../types.gen.js'
import { detailError, unsupported } from './report.js'

/** Checks what a definition says of its firmware. @throws VirtError */
export function checkFirmware({ os }: Domain): void {
  if (!os) return
  const { loader, nvram } = os
  const feature = (name: string) => os.firmwareFeatures.find((one) => one.name === name)?.enabled
  if (os.firmware !== undefined) {
    if (feature('enrolled-keys') === true && feature('secure-boot') === false)
      detailError("firmware feature 'enrolled-keys' cannot be enabled when firmware feature 'secure-boot' is disabled")
  } else {
    if (os.firmwareFeatures.length > 0)
      detailError('cannot use feature-based firmware autoselection when firmware autoselection is disabled')
    if ((loader || nvram) && loader?.path === undefined)
      detailError('no loader path specified and firmware auto selection disabled')
  }
  if (!loader && !nvram) return
  if (loader?.stateless === true) {
    if (nvram?.template !== undefined) detailError('NVRAM template is not permitted when loader is stateless')
    if (nvram) detailError('NVRAM is not permitted when loader is stateless')
  } else if (loader?.stateless === false || nvram) {
    if (os.firmware === undefined) {
      if (loader?.type !== 'pflash' && loader?.stateless === false) detailError('Only pflash loader type permits NVRAM')
    } else if (os.firmware !== 'efi')
      detailError(nvram ? `firmware type '${os.firmware}' does not support nvram` : 'Only EFI firmware permits NVRAM')
  }
  if (loader && os.shim !== undefined && os.kernel === undefined) unsupported('shim only allowed with kernel option')
}
