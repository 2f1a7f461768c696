// SPDX-License-Identifier: LGPL-2.1-or-later
// The command line that a definition would be started with, without anything of it being there.
import type { Domain, Interface, StorageSource } from '@virt/conf'
import { acceleratorOf } from '../capabilities/caps.js'
import type { QemuCommand, StartResources } from '../command/build.js'
import { prepareDocument } from '../command/prepare.js'
import type { Props } from '../command/props.js'
import type { Concealed } from '../command/secrets.js'
import { noGroup } from '../domain/file-groups.js'
import { cpusForStart } from '../domain-capabilities/cpu-modes.js'
import { configUnsupported } from '../errors.js'
import { type Places, placeKey, placesBeside } from '../helpers/beside.js'
import { newMasterKey, type SecretValues, secretValues } from '../helpers/secret-values.js'
import type { QemuState } from '../state.js'
import { pretend } from './prepare.js'
import { placesOf } from './run-folders.js'
import { commandOf } from './start.js'

/** Number of a guest that does not run. */
const noId = -1

/** Descriptors are numbers that nobody opens. */
class NothingOpen implements StartResources {
  readonly byPath = true
  #last = 2
  readonly #places: Places
  readonly #secrets: SecretValues

  constructor(places: Places, secrets: SecretValues) {
    this.#places = places
    this.#secrets = secrets
  }

  fd(): number {
    return ++this.#last
  }

  place(purpose: string, owner: string): string | undefined {
    return this.#places.get(placeKey(purpose, owner))
  }

  /** Nobody has opened anything for a guest that there is not. */
  fdGroup(name: string): never {
    throw noGroup(name)
  }

  secret(what: Concealed): Props {
    return this.#secrets.sealed(what)
  }

  volume(): StorageSource {
    throw configUnsupported('volumes of pools are not supported by this driver yet')
  }
}

/** Interfaces are told as taps that somebody else has made: networks are of no use to who starts a guest by hand. */
function withPlainInterfaces(document: Domain): Domain {
  const { devices } = document
  if (devices === undefined) return document
  const interfaces = devices.interfaces.map(
    ({ mac, model }): Interface => ({ type: 'ethernet', mac, model, ips: [], routes: [], portForwards: [] }),
  )
  return { ...document, devices: { ...devices, interfaces } }
}

/**
 * The command line of a definition.
 * @throws VirtError with what is wrong in it, or cannot be had here
 */
export async function pretendedCommand(state: QemuState, xml: string): Promise<QemuCommand> {
  const given = await state.readNew(xml, false)
  // Their addresses are chosen anew.
  const definition = await state.readNew(
    state.documents.print(withPlainInterfaces(given), noId, { secure: true }),
    false,
  )
  const caps = await state.programs.get(definition.devices?.emulator ?? '')
  const places = placesOf(state, { name: definition.name ?? '' }, noId)
  const cpus = cpusForStart(caps, acceleratorOf(definition.type), await state.processor())
  const document = pretend(state, prepareDocument(definition, { cpus, settings: state.host.settings }), places)
  const secrets = await secretValues(state, document, newMasterKey())
  const files = new NothingOpen(placesBeside(state, document, noId), secrets)
  return commandOf(state, document, noId, { ...places, caps, askedCpu: undefined }, files)
}
