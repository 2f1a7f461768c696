// SPDX-License-Identifier: LGPL-2.1-or-later
// One instance from its beginning to its end: what is on disk is loaded, guests that run are taken up, those that start by themselves do.
import { readdir } from 'node:fs/promises'
import { ErrorNumber, type Services } from '@virt/core'
import { CgroupHost } from '@virt/linux'
import { load, loadFailure } from '@virt/native'
import { autostart, firstStart } from '@virt/stateful'
import { recordFor } from './domain/owner.js'
import { qemuError } from './errors.js'
import { driverPaths, type Place } from './host/paths.js'
import { readSettings } from './host/settings.js'
import { completeUnattended } from './migration/unattended.js'
import { reattachAll } from './process/reattach.js'
import { managedFolder } from './save/managed.js'
import { startByItself } from './save/start-saved.js'
import { Security } from './security/security.js'
import { QemuState } from './state.js'

/** Makes an instance and brings it up. @throws VirtError when this host cannot run the driver, or its settings are wrong */
export async function openInstance(place: Place, services: Services): Promise<QemuState> {
  const native = load()
  if (native === undefined) throw qemuError(ErrorNumber.NO_SUPPORT, loadFailure())
  const paths = driverPaths(place, services.dirs)
  const settings = await readSettings(paths)
  const privileged = place !== 'session' && process.geteuid?.() === 0
  const security = await Security.open(native, services.log, settings, privileged)
  const groups = privileged ? await CgroupHost.open(settings.cgroup_controllers) : undefined
  const cgroups = groups?.available === true ? groups : undefined
  const state = new QemuState({ services, native, paths, settings, security, cgroups })
  state.completeUnattended = (domain) => completeUnattended(state, domain)
  await state.prepare()
  await loadDefinitions(state)
  await reattachAll(state)
  return state
}

async function loadDefinitions(state: QemuState): Promise<void> {
  const images = new Set(await readdir(managedFolder(state)).catch(() => []))
  for (const stored of await state.configs.load()) {
    try {
      const document = state.documents.load(stored.text)
      const domain = recordFor(state, document)
      if (domain.name !== stored.name) throw new Error(`it is of the guest '${domain.name}'`)
      domain.persistent = true
      domain.managedSave = images.has(`${domain.name}.save`)
      domain.autostart = stored.autostart
      domain.autostartOnce = stored.autostartOnce
      state.domains.add(domain)
    } catch (error) {
      state.services.log.error(`${stored.path}: ${(error as Error).message}`)
    }
  }
}

/** Starts what starts by itself; once after the machine has booted. */
export async function startAutomatic(state: QemuState): Promise<void> {
  const { services, settings } = state
  const first = await firstStart(state.paths.run)
  const chosen = state.domains.list((domain) => !domain.active && (domain.autostartOnce || (first && domain.autostart)))
  await autostart(chosen, {
    clock: services.clock,
    log: services.log,
    delay: settings.auto_start_delay,
    nameOf: (domain) => domain.name,
    async start(domain) {
      if (domain.autostartOnce) {
        await state.configs.setAutostartOnce(domain.name, false)
        domain.autostartOnce = false
      }
      await startByItself(state, domain)
    },
  })
}
