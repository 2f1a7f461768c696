// SPDX-License-Identifier: LGPL-2.1-or-later
// A guest's document for another run, here or elsewhere: without what was chosen for this one.
import type { Channel, Domain } from '@virt/conf'

/** The channel without a path that this driver has chosen for it: the next run has another folder. */
function withoutPath(channel: Channel, folder: string): Channel {
  if (channel.type !== 'unix' || channel.target?.type !== 'virtio') return channel
  const [source, ...rest] = channel.sources
  if (source?.path === undefined || source.mode !== 'bind' || !source.path.startsWith(`${folder}/`)) return channel
  const { path: _path, ...left } = source
  return { ...channel, sources: [left, ...rest] }
}

/** The document. @param folder that paths of channels are chosen in */
export function movable(document: Domain, folder: string): Domain {
  const { devices } = document
  if (devices === undefined) return document
  return { ...document, devices: { ...devices, channels: devices.channels.map((one) => withoutPath(one, folder)) } }
}
