// SPDX-License-Identifier: LGPL-2.1-or-later
// A guest's document for another run, here or elsewhere: without what was chosen for this one.
import type { Channel, Controller, Disk, Domain } from '@virt/conf'

/** The channel without a path that this driver has chosen for it: the next run has another folder. */
function withoutPath(channel: Channel, folder: string): Channel {
  if (channel.type !== 'unix' || channel.target?.type !== 'virtio') return channel
  const [source, ...rest] = channel.sources
  if (source?.path === undefined || source.mode !== 'bind' || !source.path.startsWith(`${folder}/`)) return channel
  const { path: _path, ...left } = source
  return { ...channel, sources: [left, ...rest] }
}

/** The disk without the number of its image's node; a drive without a medium has a format again. */
function definedDisk(disk: Disk): Disk {
  const { driver, source } = disk
  return {
    ...disk,
    driver: driver && { ...driver, type: driver.type ?? 'raw' },
    source: { ...source, index: undefined },
  }
}

/** Whether the machine has it, whether or not a document says so: hosts that know nothing of it can read the rest. */
function isImplied(domain: Domain, one: Controller): boolean {
  const { controllers = [] } = domain.devices ?? {}
  const alone = controllers.filter(({ type }) => type === one.type).length === 1
  if (!alone || one.index !== 0) return false
  if (one.type === 'usb') return one.model === undefined || one.model === 'piix3-uhci'
  return one.type === 'pci' && one.model === 'pci-root'
}

/** The document. @param folder that paths of channels are chosen in */
export function movable(document: Domain, folder: string): Domain {
  const { devices } = document
  if (devices === undefined) return document
  return {
    ...document,
    // The next run is given its own.
    seclabels: document.seclabels.filter(({ type, model }) => type !== 'dynamic' || model !== 'dac'),
    devices: {
      ...devices,
      disks: devices.disks.map(definedDisk),
      channels: devices.channels.map((one) => withoutPath(one, folder)),
      controllers: devices.controllers.filter((one) => !isImplied(document, one)),
      // The mouse is enough to say that there is a screen's keyboard too; and silence needs no words.
      inputs: devices.inputs.filter(({ type, bus }) => type !== 'keyboard' || bus !== 'ps2'),
      audios: devices.audios.filter(({ id, type }) => id !== 1 || type !== 'none'),
    },
  }
}
