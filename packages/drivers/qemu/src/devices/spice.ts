// SPDX-License-Identifier: LGPL-2.1-or-later
// Displays for SPICE clients.
import type { GraphicsSpice } from '@virt/conf'
import type { Build } from '../command/build.js'
import { listProps, type PropValue } from '../command/props.js'
import { configUnsupported } from '../errors.js'

/** Modes of channels, as QEMU's options are called; some channels have none of their own. */
const channelOptions: Readonly<Record<string, string | undefined>> = {
  secure: 'tls-channel',
  insecure: 'plaintext-channel',
}

/** `-spice` */
export function spice(build: Build, graphics: GraphicsSpice): void {
  const { settings } = build.context
  const [listen] = graphics.listens
  const byPort = listen?.type === 'address' || listen?.type === 'network'
  const tlsPort = graphics.tlsPort ?? 0
  if (byPort && tlsPort > 0 && !settings.spiceTls)
    throw configUnsupported('spice TLS port set in XML configuration, but TLS is disabled in qemu.conf')
  const port = byPort ? (graphics.port ?? 0) : 0
  const password = graphics.passwd ?? settings.spicePassword
  if (graphics.defaultMode === 'secure' && !settings.spiceTls)
    throw configUnsupported(
      'spice defaultMode secure requested in XML configuration, but TLS connection is not available',
    )
  const options: [string, PropValue][] = [
    ['port', listen?.type === 'socket' || (byPort && port <= 0) ? undefined : port],
    ['tls-port', byPort && tlsPort > 0 ? tlsPort : undefined],
    ['unix', listen?.type === 'socket' ? true : undefined],
    ['addr', listen?.type === 'socket' ? listen.socket : byPort ? listen.address : undefined],
    ['sasl', settings.spiceSasl ? true : undefined],
    ['agent-mouse', graphics.mouse === undefined ? undefined : graphics.mouse === 'client'],
    ['disable-ticketing', password === undefined ? true : undefined],
    ['x509-dir', byPort && tlsPort > 0 ? settings.spiceTlsDir : undefined],
  ]
  const mode = channelOptions[graphics.defaultMode ?? 'any']
  if (mode !== undefined) options.push([mode, 'default'])
  for (const channel of graphics.channels) {
    const option = channelOptions[channel.mode]
    if (option === 'tls-channel' && !settings.spiceTls)
      throw configUnsupported('spice secure channels set in XML configuration, but TLS connection is not available')
    if (option !== undefined) options.push([option, channel.name])
  }
  options.push(
    ['image-compression', graphics.image],
    ['jpeg-wan-compression', graphics.jpeg],
    ['zlib-glz-wan-compression', graphics.zlib],
    ['playback-compression', graphics.playback],
    ['streaming-video', graphics.streaming],
    ['disable-copy-paste', graphics.clipboard === false ? true : undefined],
    ['disable-agent-file-xfer', graphics.filetransfer === false ? true : undefined],
    ['gl', graphics.gl?.enable === true ? true : undefined],
    ['rendernode', graphics.gl?.enable === true ? graphics.gl.rendernode : undefined],
    ['seamless-migration', true],
  )
  // Names repeat: each is written by itself.
  build.add(
    '-spice',
    options
      .map(([name, value]) => listProps(undefined, { [name]: value }))
      .filter((text) => text !== '')
      .join(','),
  )
  if (graphics.keymap !== undefined) build.add('-k', graphics.keymap)
}
