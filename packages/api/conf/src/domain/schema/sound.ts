// SPDX-License-Identifier: LGPL-2.1-or-later
// <video>, <sound>, <audio>: display adapters, sound cards and where their sound goes.

import { attr, child, children, type Element, element, type Fields, only } from '../../lang/field.js'
import { absolutePath, except, form } from '../../lang/forms.js'
import { int, narrow, oneOf, onOff, text, uint, type Value, yesNo } from '../../lang/value.js'
import type { ReadContext } from '../../runtime/context.js'
import { deviceInfo, notPositive, unknown, unsupported, virtioDriver, virtioOptions } from './device.js'

export const videoModelType: Value = oneOf(
  'default',
  'vga',
  'cirrus',
  'vmvga',
  'xen',
  'vbox',
  'qxl',
  'parallels',
  'virtio',
  'gop',
  'none',
  'bochs',
  'ramfb',
)

export const videoModel: Element = element('model', {
  type: attr(except(videoModelType, 'default', 'parallels')).must(),
  ram: attr(uint).omit(0),
  vram: attr(uint).omit(0),
  vram64: attr(uint).omit(0),
  vgamem: attr(uint).omit(0),
  heads: attr(uint).omit(0),
  primary: attr(yesNo).lax().omit(false),
  blob: attr(onOff),
  acceleration: child(
    element('acceleration', { accel3d: attr(yesNo), accel2d: attr(yesNo), rendernode: attr(absolutePath) }).finish(
      (acceleration: object, context: ReadContext) => {
        if (Object.keys(acceleration).length === 0) context.fail('missing values for acceleration', unsupported)
      },
    ),
  ),
  resolution: child(element('resolution', { x: attr(uint).required(), y: attr(uint).required() })),
})

export const video: Element = element('video', {
  driver: child(
    element('driver', {
      ...virtioOptions,
      name: attr(oneOf('default', 'qemu', 'vhostuser')).omit('default'),
      vgaconf: attr(oneOf('io', 'on', 'off')).lax(),
    }),
  ),
  model: child(videoModel),
  ...deviceInfo,
})

export const sound: Element = element('sound', {
  model: attr(oneOf('sb16', 'es1370', 'pcspk', 'ac97', 'ich6', 'ich9', 'usb', 'ich7', 'virtio')).required(),
  multichannel: attr(yesNo).where('model', 'usb').anywhere(),
  streams: attr(narrow(form(uint, /(0x)?[0-9a-fA-F]{1,8}|[0-9]{1,10}/), (count: number) => count > 0))
    .where('model', 'virtio')
    .anywhere()
    .bad(notPositive('sound', 'streams')),
  codecs: children(
    element('codec', {
      type: attr(oneOf('duplex', 'micro', 'output'))
        .required()
        .bad(unknown('codec type')),
    }),
  ),
  audio: only('id', uint).required().omit(0),
  ...deviceInfo,
  driver: child(virtioDriver).where('model', 'virtio').anywhere(),
})

export const audioType: Value = oneOf(
  'none',
  'alsa',
  'coreaudio',
  'jack',
  'oss',
  'pulseaudio',
  'sdl',
  'spice',
  'file',
  'dbus',
  'pipewire',
)

const settings = element('settings', {
  frequency: attr(uint).omit(0),
  channels: attr(uint).omit(0),
  format: attr(oneOf('s8', 'u8', 's16', 'u16', 's32', 'u32', 'f32')),
})

const direction: Fields = {
  mixingEngine: attr(yesNo),
  fixedSettings: attr(yesNo),
  voices: attr(uint).omit(0),
  bufferLength: attr(uint).omit(0),
  dev: attr(text),
  bufferCount: attr(uint).omit(0),
  tryPoll: attr(yesNo),
  serverName: attr(text),
  clientName: attr(text),
  connectPorts: attr(text),
  exactName: attr(yesNo),
  name: attr(text),
  streamName: attr(text),
  latency: attr(uint).omit(0),
  settings: child(settings),
}

export const audioDirection: Element = element('input', direction)

export const audio: Element = element('audio', {
  id: attr(narrow(uint, (id: number) => id > 0))
    .required()
    .bad(notPositive('audio', 'id')),
  type: attr(audioType).required(),
  timerPeriod: attr(form(uint, /(0x)?[0-9a-fA-F]{1,8}|[0-9]{1,10}/)).omit(0),
  driver: attr(oneOf('esd', 'alsa', 'arts', 'pulseaudio')).where('type', 'sdl'),
  serverName: attr(text).where('type', 'pulseaudio'),
  tryMMap: attr(yesNo).where('type', 'oss'),
  exclusive: attr(yesNo).where('type', 'oss'),
  dspPolicy: attr(int).where('type', 'oss'),
  path: attr(text).where('type', 'file'),
  runtimeDir: attr(text).where('type', 'pipewire'),
  input: child(audioDirection),
  output: child(audioDirection).as('output'),
})
