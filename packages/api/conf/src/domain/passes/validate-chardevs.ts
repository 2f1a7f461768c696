// SPDX-License-Identifier: LGPL-2.1-or-later
// Rules over the far ends of character devices: what each kind must say of itself.
import { ErrorNumber } from '@virt/core'
import type { Pass } from '../../runtime/context.js'
import type { Channel, ChardevSource, Domain } from '../types.gen.js'
import { pass } from './devices.js'
import { fail, internalError } from './report.js'

interface Chardev {
  type?: string | undefined
  sources: readonly ChardevSource[]
}

/** What the end that is connected to, or is the only one, must have: key, how errors call it, and their number. */
type Need = readonly [key: keyof ChardevSource, name: string, number: number]
const need = (
  key: keyof ChardevSource,
  name: string = `source ${key}`,
  number: number = ErrorNumber.INTERNAL_ERROR,
): Need => [key, name, number]

const path = [need('path')]
const channel = [need('channel', 'source channel', ErrorNumber.CONFIG_UNSUPPORTED)]
const needs: Readonly<Record<string, readonly Need[]>> = {
  file: path,
  dev: path,
  pipe: path,
  unix: path,
  tcp: [need('host'), need('service')],
  udp: [need('service')],
  spiceport: channel,
  dbus: channel,
}

function check({ type = '', sources }: Chardev): void {
  const source = type === 'udp' ? sources.find(({ mode }) => mode === 'connect') : sources[0]
  for (const [key, name, number] of needs[type] ?? [])
    if (source?.[key] === undefined) fail(number, `Missing ${name} attribute for char device`)
  if (type === 'nmdm' && (source?.master === undefined || source.slave === undefined))
    internalError('Should define both master and slave path attributes for nmdm device')
}

/** Channels of virtio may leave the place of their socket to the driver. */
const isChosen = ({ type, target }: Channel): boolean => type === 'unix' && target?.type !== 'guestfwd'

const ends = pass('ends of character devices', ({ devices }) => {
  if (!devices) return
  const { serials, parallels, channels, consoles, redirdevs, smartcards, rngs } = devices
  for (const one of smartcards) if (one.mode === 'passthrough') check(one)
  for (const one of [...serials, ...parallels, ...channels.filter((one) => !isChosen(one)), ...consoles]) check(one)
  for (const { backend } of rngs) if (backend?.model === 'egd') check(backend)
  for (const one of redirdevs) check(one)
})

export const chardevRules: readonly Pass<Domain>[] = [ends]
