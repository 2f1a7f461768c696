// SPDX-License-Identifier: LGPL-2.1-or-later
// Which firmware image a QEMU guest gets, of those the host has.
import { ErrorNumber } from '@virt/core'
import type { Pass } from '../../../runtime/context.js'
import { sourcePath } from '../../disk-source.js'
import { checkFirmware } from '../../passes/validate-firmware.js'
import type { Domain, Os, OsLoader } from '../../types.gen.js'
import type { QemuFirmware, QemuPass, QemuScope, QemuSettings } from './host.js'
import { machineOf } from './machine.js'
import { fail } from './report.js'

/** Whether a shell pattern of a descriptor names the machine. */
function matchesPattern(pattern: string, name: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`).test(name)
}

const featureOf = (os: Os, name: string): boolean | undefined =>
  os.firmwareFeatures.find((one) => one.name === name)?.enabled

/** Whether a wish is met: none is met by all. */
const meets = (wish: boolean | undefined, has: boolean) => wish === undefined || wish === has

function fitsTarget(domain: Domain, firmware: QemuFirmware): boolean {
  const { arch, machine } = machineOf(domain)
  const wanted = arch === 'i686' ? 'i386' : arch
  return firmware.targets.some(
    ({ architecture, machines }) =>
      architecture === wanted && machines.some((pattern) => matchesPattern(pattern, machine)),
  )
}

function fitsFeatures(domain: Domain, os: Os, firmware: QemuFirmware): boolean {
  const has = (name: string) => firmware.features.includes(name)
  const { pm, launchSecurity, features } = domain
  if (pm?.['suspend-to-mem'] === true && !has('acpi-s3')) return false
  if (pm?.['suspend-to-disk'] === true && !has('acpi-s4')) return false
  if (!meets(featureOf(os, 'secure-boot'), has('secure-boot'))) return false
  if (!meets(featureOf(os, 'enrolled-keys'), has('enrolled-keys'))) return false
  const smm = has('requires-smm')
  if (!meets(os.loader?.secure, smm) || (smm && features?.smm?.state === false)) return false
  switch (launchSecurity?.type) {
    case 'sev':
      return has('amd-sev') && (((launchSecurity.policy ?? 0) & 4) === 0 || has('amd-sev-es'))
    case 'sev-snp':
      return has('amd-sev-snp')
    default:
      return true
  }
}

const given = (format: string | undefined) => format !== undefined && format !== 'none'

function fitsLoader({ loader, nvram }: Os, { mapping }: QemuFirmware): boolean {
  if (loader?.readonly === false) return false
  if (mapping.device === 'flash') {
    if (loader?.type !== undefined && loader.type !== 'pflash') return false
    if (mapping.mode !== (loader?.stateless === true ? 'stateless' : 'split')) return false
    if (loader?.path !== undefined && loader.path !== mapping.executable.filename) return false
    if (nvram?.template !== undefined && nvram.template !== mapping.nvramTemplate?.filename) return false
    if (given(nvram?.templateFormat) && nvram?.templateFormat !== mapping.nvramTemplate?.format) return false
    return !given(loader?.format) || loader?.format === mapping.executable.format
  }
  if (mapping.device === 'kernel') return loader?.type === undefined && loader?.path === undefined
  if (loader?.type !== undefined && loader.type !== 'rom') return false
  if (loader?.path !== undefined && loader.path !== mapping.filename) return false
  return loader?.stateless !== false && (!given(loader?.format) || loader?.format === 'raw')
}

function fits(domain: Domain, os: Os, firmware: QemuFirmware): boolean {
  const kind = os.firmware ?? (os.loader?.type === 'pflash' ? 'efi' : 'bios')
  return (
    firmware.interfaces.includes(kind === 'efi' ? 'uefi' : 'bios') &&
    fitsTarget(domain, firmware) &&
    fitsFeatures(domain, os, firmware) &&
    fitsLoader(os, firmware)
  )
}

/** Variables of this machine's own file, or of one still to be made. */
const hasLocalVariables = ({ nvram }: Os) =>
  nvram?.source === undefined || ['file', 'block'].includes(nvram.source.type)

/** Writes what was found into the definition. */
function apply(domain: Domain, os: Os, firmware: QemuFirmware): void {
  const { mapping } = firmware
  const has = (name: string) => firmware.features.includes(name)
  if (mapping.device === 'kernel') os.kernel = mapping.filename
  else {
    const loader: OsLoader = os.loader ?? {}
    os.loader = loader
    if (mapping.device === 'flash') {
      loader.type = 'pflash'
      loader.readonly = true
      loader.format = mapping.executable.format as OsLoader['format']
      loader.path = mapping.executable.filename
      if (mapping.mode === 'split' && mapping.nvramTemplate && hasLocalVariables(os)) {
        os.nvram ??= {}
        os.nvram.template = mapping.nvramTemplate.filename
        os.nvram.templateFormat = mapping.nvramTemplate.format as OsLoader['format']
      }
    } else Object.assign(loader, { type: 'rom', format: 'raw', path: mapping.filename })
    if (has('requires-smm')) {
      domain.features ??= {}
      domain.features.smm = { ...domain.features.smm, state: true }
      loader.secure ??= true
    }
  }
  os.firmware ??= firmware.interfaces.includes('uefi') ? 'efi' : 'bios'
  // Keys are in the variables, of which only those made of the template are known.
  os.firmwareFeatures = [
    ...(hasLocalVariables(os) ? [{ enabled: has('enrolled-keys'), name: 'enrolled-keys' as const }] : []),
    { enabled: has('secure-boot'), name: 'secure-boot' },
  ]
}

/** Images that the driver's own settings pair with variables. */
function applyKnownPair(os: Os, settings: QemuSettings): boolean {
  const { loader } = os
  if (loader?.type !== 'pflash' || loader.readonly !== true || loader.stateless === true) return false
  if (given(loader.format) && loader.format !== 'raw') return false
  const pair = settings.loaders.find(({ path }) => path === loader.path)
  if (!pair) return false
  loader.format = 'raw'
  if (!hasLocalVariables(os)) return true
  os.nvram ??= {}
  os.nvram.template ??= pair.nvram
  os.nvram.templateFormat ??= 'raw'
  return true
}

/** Variables of the guest are in a file of its name unless the definition says where. */
function ensureVariables(domain: Domain, os: Os, settings: QemuSettings, isNew: boolean): void {
  const { loader } = os
  if (loader?.type !== 'pflash' || loader.readonly !== true || loader.stateless === true) return
  const nvram = os.nvram ?? {}
  os.nvram = nvram
  const known = nvram.path !== undefined || (nvram.source !== undefined && sourcePath(nvram.source) !== undefined)
  if (known) {
    if (!given(nvram.format) && loader.format) nvram.format = loader.format
    return
  }
  if (loader.format) nvram.format = loader.format
  const raw = isNew && nvram.template?.endsWith('.raw') ? '.raw' : '.fd'
  nvram.path = `${settings.nvramDir}/${domain.name}_VARS${loader.format === 'qcow2' ? '.qcow2' : raw}`
}

function choose(domain: Domain, os: Os, settings: QemuSettings, isNew: boolean): void {
  checkFirmware(domain)
  if (!os.firmware && !os.loader) return
  const found = settings.firmwares().find((one) => fits(domain, os, one))
  if (found) apply(domain, os, found)
  else if (!applyKnownPair(os, settings)) {
    if (os.firmware)
      fail(
        ErrorNumber.OPERATION_FAILED,
        `Unable to find '${os.firmware}' firmware that is compatible with the current configuration`,
      )
    if (os.loader && !given(os.loader.format)) os.loader.format = 'raw'
  }
  ensureVariables(domain, os, settings, isNew)
}

function firmware(domain: Domain, scope: QemuScope): void {
  const { os } = domain
  if (!os) return
  const isNew = scope.context.has('abiUpdate')
  // Before there were images of other formats, the choice was among raw ones.
  if (!isNew && os.firmware) {
    os.loader ??= {}
    if (!given(os.loader.format)) os.loader.format = 'raw'
  }
  try {
    choose(domain, os, scope.host.settings, isNew)
  } catch (error) {
    // A guest stays defined when its firmware goes; starting it will say so.
    if (isNew) throw error
  }
}

/**
 * The document of a guest that is about to start, whose firmware may have gone since it was defined, or come.
 * @throws VirtError `operation-failed`: the host has none that fits
 * @since 0.1.0, `qemuFirmwareFillDomain`
 */
export function withFirmware(domain: Domain, settings: QemuSettings): Domain {
  if (domain.os?.firmware === undefined) return domain
  const { features } = domain
  const os = structuredClone(domain.os)
  const copy: Domain = { ...domain, os, ...(features === undefined ? {} : { features: { ...features } }) }
  choose(copy, os, settings, false)
  return copy
}

/** The pass that chooses. */
export function firmwarePasses(pass: QemuPass): readonly Pass<Domain>[] {
  return [pass('firmware', firmware)]
}
