// SPDX-License-Identifier: GPL-2.0-or-later
// The simulated host of the QEMU suites, as `deps/qemu-test-env.json` describes it, in the form that hooks ask for.
import { readFirmwares } from './qemu-firmware.mjs'

const placeText = ({ domain, bus, slot, function: fn }) => {
  const hex = (value, digits) => value.toString(16).padStart(digits, '0')
  return `${hex(domain, 4)}:${hex(bus, 2)}:${hex(slot, 2)}.${fn.toString(16)}`
}

/** Whether a PCI device has the capability of PCI Express. */
function isExpress(config) {
  if ((config[6] & 0x10) === 0) return false
  const seen = new Set()
  for (let at = config[0x34]; at !== 0 && !seen.has(at); at = config[at + 1]) {
    if (config[at] === 0x10) return true
    seen.add(at)
  }
  return false
}

/** What all cases of a suite share. */
export class TestHost {
  #env
  #devices
  #configs
  #firmwares

  constructor(files) {
    this.#env = files.json('deps/qemu-test-env.json')
    this.#devices = new Map(this.#env.host.pciDevices.map((one) => [one.address, one]))
    const { base64 } = files.json('deps/virpcitestdata.tree.json')
    this.#configs = new Map(
      Object.entries(base64).map(([name, text]) => [
        name.replace(/^(.{4})-(..)-(.*)\.config$/, '$1:$2:$3'),
        Buffer.from(text, 'base64'),
      ]),
    )
    this.#firmwares = readFirmwares(files)
  }

  /** The host of a case, whose QEMU can do what `caps` says. */
  of(c, caps) {
    const { driver } = this.#env
    const { nogfxAllowHostAudio = false, vncAllowHostAudio = false } = c.driverConfig ?? {}
    return {
      arch: c.arch,
      environment: c.env ?? {},
      emulator: (arch) => `/usr/bin/qemu-system-${arch === 'i686' ? 'i386' : arch}`,
      capabilities: () => caps,
      isExpress: (place) => {
        const config = this.#configs.get(placeText(place))
        return this.#devices.has(placeText(place)) ? config !== undefined && isExpress(config) : undefined
      },
      iommuGroup: (place) => this.#devices.get(placeText(place))?.iommuGroup,
      settings: {
        nvramDir: driver.nvramDir,
        channelTargetDir: driver.channelTargetDir,
        libDir: driver.libDir,
        memoryBackingDir: driver.memoryBackingDir,
        nogfxAllowHostAudio,
        vncAllowHostAudio,
        firmwares: () => this.#firmwares,
        loaders: [
          ['/usr/share/OVMF/OVMF_CODE.fd', '/usr/share/OVMF/OVMF_VARS.fd'],
          ['/usr/share/OVMF/OVMF_CODE.secboot.fd', '/usr/share/OVMF/OVMF_VARS.fd'],
          ['/usr/share/AAVMF/AAVMF_CODE.fd', '/usr/share/AAVMF/AAVMF_VARS.fd'],
          ['/usr/share/AAVMF/AAVMF32_CODE.fd', '/usr/share/AAVMF/AAVMF32_VARS.fd'],
        ].map(([path, nvram]) => ({ path, nvram })),
      },
    }
  }

  /** Random bytes of the host: they count up. */
  random = (size) => Uint8Array.from({ length: size }, (_, i) => i & 0xff)
}
