// SPDX-License-Identifier: LGPL-2.1-or-later
// Handing a display's client over to QEMU as a descriptor, and having displays read their certificates again.
import type { Graphics } from '@virt/conf'
import type { Call, Resolvers, SlotMethods, SlotTable } from '@virt/core'
import type { QemuDomain } from '../domain/record.js'
import { internalError, invalidArg, operationInvalid } from '../errors.js'
import type { Monitor } from '../monitor/monitor.js'
import type { QemuState } from '../state.js'
import { runOf } from './impact.js'

/** `virDomainOpenGraphicsFlags` */
const skipAuth = 1
/** `virDomainGraphicsReloadType` */
const Reload = { any: 0, vnc: 1 } as const
/** The descriptor's name in QEMU while it is on its way. */
const name = 'graphicsfd'

export const displaySupport: SlotTable = {
  domainOpenGraphics: { flags: skipAuth, fn: 'qemuDomainOpenGraphics' },
  domainOpenGraphicsFD: { flags: skipAuth, fn: 'qemuDomainOpenGraphicsFD' },
  domainGraphicsReload: { flags: 0, fn: 'qemuDomainGraphicsReload' },
}

/** QEMU's name of a display that clients come to. */
function protocolOf(graphics: Graphics): string {
  if (graphics.type === 'vnc' || graphics.type === 'spice') return graphics.type
  if (graphics.type === 'dbus' && 'p2p' in graphics && graphics.p2p === true) return '@dbus-display'
  throw internalError(`Can only open VNC, SPICE or D-Bus p2p graphics backends, not ${graphics.type}`)
}

async function addClient(monitor: Monitor, protocol: string, fd: number, skipauth: boolean): Promise<void> {
  await monitor.command('getfd', { fdname: name }, { fds: [fd] })
  try {
    await monitor.command('add_client', { protocol, fdname: name, skipauth })
  } catch (error) {
    await monitor.command('closefd', { fdname: name }).catch(() => {})
    throw error
  }
}

async function open(call: Call, domain: QemuDomain, index: number, fd: number, flags: number): Promise<void> {
  await domain.jobs.run(call, 'modify', async (job) => {
    const { monitor } = runOf(domain)
    const graphics = domain.def.devices?.graphics[index]
    if (graphics === undefined) throw internalError(`No graphics backend with index ${index}`)
    await job.wait(addClient(monitor, protocolOf(graphics), fd, (flags & skipAuth) !== 0))
  })
}

export function displaySlots({ native }: QemuState): SlotMethods & Resolvers {
  return {
    async domainOpenGraphics(call, domain: QemuDomain, index, flags, fds) {
      const [fd] = fds
      if (fd === undefined) throw invalidArg('a descriptor of the client is needed')
      await open(call, domain, index, fd, flags)
    },
    async domainOpenGraphicsFD(call, domain: QemuDomain, index, flags) {
      const [ours, theirs] = native.sockets.pair()
      try {
        await open(call, domain, index, theirs.fd, flags)
        return { fds: [ours.release()] }
      } catch (error) {
        ours.close()
        throw error
      } finally {
        theirs.close()
      }
    },
    async domainGraphicsReload(call, domain: QemuDomain, type) {
      if (type !== Reload.any && type !== Reload.vnc) throw invalidArg(`unknown graphics reload type '${type}'`)
      await domain.jobs.run(call, 'modify', async (job) => {
        const { monitor } = runOf(domain)
        const has = domain.def.devices?.graphics.some((one) => one.type === 'vnc') ?? false
        if (!has) throw operationInvalid('domain does not have a VNC display')
        await job.wait(monitor.command('display-reload', { type: 'vnc', 'tls-certs': true }))
      })
    },
  }
}
