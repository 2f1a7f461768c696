// SPDX-License-Identifier: LGPL-2.1-or-later
// A host of QEMU guests that is only told of.
import type { QemuCapabilities, QemuHost } from '../src/index.js'

/** @param capabilities what its QEMU can do; the rest is as most have it */
export function qemuHost(capabilities: Pick<QemuCapabilities, 'version' | 'has' | 'machines'>): QemuHost {
  return {
    arch: 'x86_64',
    environment: {},
    emulator: (arch) => `/usr/bin/qemu-system-${arch}`,
    capabilities: () => ({ arch: 'x86_64', gicVersions: () => [], hasHostModel: () => true, ...capabilities }),
    isExpress: () => undefined,
    iommuGroup: () => undefined,
    settings: {
      nvramDir: '/nvram',
      channelTargetDir: '/channel',
      libDir: '/lib',
      memoryBackingDir: '/ram',
      nogfxAllowHostAudio: false,
      vncAllowHostAudio: false,
      firmwares: () => [],
      loaders: [],
    },
  }
}
