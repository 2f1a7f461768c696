// SPDX-License-Identifier: LGPL-2.1-or-later
// What the guest boots from, beyond the order of its devices.
import type { Build } from '../command/build.js'
import { escapeComma, listProps } from '../command/props.js'

/** Tables that are given without their head have the signature of their kind. */
const signatures: Readonly<Record<string, string>> = { raw: '', rawset: '', slic: 'sig=SLIC,', msdm: 'sig=MSDM,' }

/** `-boot` and a kernel of the host's. */
export function boot(build: Build): void {
  const { os } = build.domain
  const { bootmenu, bios } = os ?? {}
  const timeout = bootmenu?.timeout
  build.add(
    '-boot',
    listProps(undefined, {
      menu: bootmenu?.enable,
      'splash-time': bootmenu?.enable === true && timeout !== undefined && timeout > 0 ? timeout : undefined,
      'reboot-timeout': bios?.rebootTimeout,
      strict: true,
    }),
  )
  if (os?.kernel !== undefined) build.add('-kernel', os.kernel)
  if (os?.initrd !== undefined) build.add('-initrd', os.initrd)
  if (os?.cmdline !== undefined) build.add('-append', os.cmdline)
  if (os?.dtb !== undefined) build.add('-dtb', os.dtb)
  for (const { type, path = '' } of os?.acpi ?? [])
    build.add('-acpitable', `${signatures[type]}file=${escapeComma(path)}`)
  if (os?.shim !== undefined) build.add('-shim', os.shim)
}
