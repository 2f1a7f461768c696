// SPDX-License-Identifier: LGPL-2.1-or-later
// Displays of a guest that is about to start: where they listen, and which graphics card of the host draws for them.
import type { Graphics, GraphicsListen } from '@virt/conf'

/** What displays are completed by. */
export interface DisplayChoices {
  /** Addresses to listen on where a document names none. */
  readonly vncListen: string
  readonly spiceListen: string
  /** Whether they listen on sockets instead, where a document names no address. */
  readonly vncAutoUnixSocket: boolean
  readonly spiceAutoUnixSocket: boolean
  /** Folder of sockets. */
  readonly lib: string
  /** A card that draws, where a document names none; undefined: the host has none. */
  renderNode(): string | undefined
}

type Listening = Extract<Graphics, { type: 'vnc' | 'spice' }>

function withListens(graphics: Listening, choices: DisplayChoices): Listening {
  const { type } = graphics
  const [usual, automatic] =
    type === 'vnc' ? [choices.vncListen, choices.vncAutoUnixSocket] : [choices.spiceListen, choices.spiceAutoUnixSocket]
  const socket: GraphicsListen = { type: 'socket', socket: `${choices.lib}/${type}.sock` }
  const given: readonly GraphicsListen[] =
    graphics.listens.length > 0 ? graphics.listens : [{ type: 'address', address: undefined }]
  const listens = given.map((one): GraphicsListen => {
    if (one.type === 'socket') return one.socket === undefined ? socket : one
    if (one.type !== 'address' || one.address !== undefined) return one
    // A definition made of it has neither.
    return { ...(automatic ? socket : { ...one, address: usual }), fromConfig: '1' }
  })
  return { ...graphics, listens }
}

/** A display that draws on a card needs one. */
function withCard(graphics: Graphics, choices: DisplayChoices): Graphics {
  const { type } = graphics
  if (type !== 'spice' && type !== 'dbus' && type !== 'egl-headless') return graphics
  const draws = type === 'egl-headless' || graphics.gl?.enable === true
  if (!draws || graphics.gl?.rendernode !== undefined) return graphics
  const rendernode = choices.renderNode()
  return rendernode === undefined ? graphics : ({ ...graphics, gl: { ...graphics.gl, rendernode } } as Graphics)
}

/** Completes displays. */
export function completeDisplays(list: readonly Graphics[], choices: DisplayChoices): Graphics[] {
  return list.map((one) => {
    const listening = one.type === 'vnc' || one.type === 'spice' ? withListens(one, choices) : one
    return withCard(listening, choices)
  })
}
