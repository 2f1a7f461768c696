// SPDX-License-Identifier: LGPL-2.1-or-later
// Sound: where it goes, and the card that makes it.
import type { Audio, AudioDirection, Sound } from '@virt/conf'
import { addressProps, virtioDriver, virtioProps } from '../command/address.js'
import type { Build } from '../command/build.js'
import type { Props } from '../command/props.js'
import { configUnsupported } from '../errors.js'

const drivers: Readonly<Record<Audio['type'], string>> = {
  none: 'none',
  alsa: 'alsa',
  coreaudio: 'coreaudio',
  jack: 'jack',
  oss: 'oss',
  pulseaudio: 'pa',
  sdl: 'sdl',
  spice: 'spice',
  file: 'wav',
  dbus: 'dbus',
  pipewire: 'pipewire',
}

/** What only some drivers have, by QEMU's names: of one direction. */
function ownProps(type: Audio['type'], direction: AudioDirection): Props {
  switch (type) {
    case 'alsa':
      return { dev: direction.dev }
    case 'coreaudio':
    case 'sdl':
      return { 'buffer-count': direction.bufferCount }
    case 'oss':
      return { dev: direction.dev, 'buffer-count': direction.bufferCount, 'try-poll': direction.tryPoll }
    case 'jack':
      return {
        'server-name': direction.serverName,
        'client-name': direction.clientName,
        'connect-ports': direction.connectPorts,
        'exact-name': direction.exactName,
      }
    case 'pulseaudio':
    case 'pipewire':
      return { name: direction.name, 'stream-name': direction.streamName, latency: direction.latency }
    default:
      return {}
  }
}

function directionProps(type: Audio['type'], direction: AudioDirection | undefined): Props | undefined {
  if (direction === undefined) return undefined
  const { settings } = direction
  const props: Props = {
    'mixing-engine': direction.mixingEngine,
    'fixed-settings': direction.fixedSettings,
    voices: direction.voices,
    'buffer-length': direction.bufferLength,
    frequency: settings?.frequency,
    channels: settings?.channels,
    format: settings?.format,
    ...ownProps(type, direction),
  }
  return Object.values(props).every((value) => value === undefined) ? undefined : props
}

/** `-audiodev` */
export function audios(build: Build): void {
  for (const audio of build.domain.devices?.audios ?? []) {
    build.json('-audiodev', {
      id: `audio${audio.id}`,
      driver: drivers[audio.type],
      'timer-period': audio.timerPeriod,
      ...driverProps(audio),
      in: directionProps(audio.type, audio.input),
      out: directionProps(audio.type, audio.output),
    })
  }
}

function driverProps(audio: Audio): Props {
  switch (audio.type) {
    case 'oss':
      return { 'try-mmap': audio.tryMMap, exclusive: audio.exclusive, 'dsp-policy': audio.dspPolicy }
    case 'pulseaudio':
      return { server: audio.serverName }
    case 'file':
      return { path: audio.path }
    default:
      return {}
  }
}

const cards: Readonly<Record<Sound['model'], string | undefined>> = {
  sb16: 'sb16',
  es1370: 'ES1370',
  pcspk: undefined,
  ac97: 'AC97',
  ich6: 'intel-hda',
  ich9: 'ich9-intel-hda',
  usb: 'usb-audio',
  ich7: undefined,
  virtio: 'virtio-sound',
}
const codecs = { duplex: 'hda-duplex', micro: 'hda-micro', output: 'hda-output' } as const

function audiodevOf(build: Build, sound: Sound): string | undefined {
  const { audios } = build.domain.devices ?? { audios: [] }
  const found = sound.audio === undefined || sound.audio === 0 ? audios[0] : audios.find(({ id }) => id === sound.audio)
  return found === undefined ? undefined : `audio${found.id}`
}

export function sounds(build: Build): void {
  for (const sound of build.domain.devices?.sounds ?? []) {
    // The speaker of PCs is part of the machine.
    if (sound.model === 'pcspk') continue
    const driver = cards[sound.model]
    if (driver === undefined) throw configUnsupported(`sound card model '${sound.model}' is not supported by qemu`)
    const audiodev = audiodevOf(build, sound)
    const hda = sound.model === 'ich6' || sound.model === 'ich9'
    const virtio = sound.model === 'virtio'
    build.device(
      {
        driver: virtio ? virtioDriver(build, driver, sound) : driver,
        ...(virtio ? virtioProps(sound.driver) : {}),
        id: sound.alias,
        audiodev: hda ? undefined : audiodev,
        multi: sound.model === 'usb' ? sound.multichannel : undefined,
        streams: virtio ? sound.streams : undefined,
        ...addressProps(build, sound),
      },
      sound,
    )
    if (!hda) continue
    const list = sound.codecs.length === 0 ? [{ type: 'duplex' as const }] : sound.codecs
    for (const [cad, { type }] of list.entries())
      build.device({ driver: codecs[type], id: `${sound.alias}-codec${cad}`, bus: `${sound.alias}.0`, cad, audiodev })
  }
}
