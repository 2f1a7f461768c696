// SPDX-License-Identifier: LGPL-2.1-or-later
import { ErrorDomain, ErrorNumber, virtError } from '@virt/core'
import type { Pass } from '../runtime/context.js'
import { type DocumentKind, documentKind } from '../runtime/document.js'
import type { NodeDeviceInput } from './inputs.gen.js'
import { joinAbilities } from './join.js'
import { nodeDevice as root } from './schema/device.js'
import { nameOf, netFeatures, unreadable } from './schema/faults.js'
import type { NodeDevice, NodeDeviceCapability } from './types.gen.js'

function fail(message: string): never {
  throw virtError(ErrorNumber.INTERNAL_ERROR, ErrorDomain.NODEDEV, message)
}

/** What the host knows is not what a document says. */
function forget(capability: NodeDeviceCapability): void {
  if (capability.type === 'mdev') {
    capability.parentAddr = undefined
    capability.iommuGroup ??= { number: 0 }
    capability.attributes = capability.attributes.filter((one) => one.name !== undefined && one.value !== undefined)
  }
  if (capability.type === 'scsi_host')
    for (const ability of capability.capabilities)
      if (ability.type === 'vport_ops') ability.maxVports = ability.vports = 0
  if (capability.type === 'ccwgroup')
    for (const ability of capability.capabilities)
      if (ability.type === 'qeth_layer2') ability.bridgePortRole = undefined
  if (capability.type === 'storage') {
    capability.logicalBlockSize = capability.numBlocks = undefined
    for (const ability of capability.capabilities)
      if (ability.type === 'removable') ability.logicalBlockSize = ability.numBlocks = undefined
  }
}

const steps: readonly Pass<NodeDevice>[] = [
  {
    name: 'name',
    run(device) {
      device.name = nameOf(device)
    },
  },
  {
    name: 'capabilities',
    run(device) {
      if (device.capabilities.length === 0) fail(`no device capabilities for '${device.name}'`)
      for (const { type } of device.capabilities)
        if (unreadable[type] !== undefined) fail(`unknown capability type '${unreadable[type]}' for '${device.name}'`)
    },
  },
  {
    name: 'world wide names',
    run(device, context) {
      // Those of a device that is being created are made up by whoever creates it.
      if (context.has('create')) return
      for (const capability of device.capabilities)
        for (const ability of capability.type === 'scsi_host' ? capability.capabilities : [])
          if (ability.type === 'fc_host' && (ability.wwnn === undefined || ability.wwpn === undefined))
            fail(
              `no ${ability.wwnn === undefined ? 'WWNN' : 'WWPN'} supplied for '${device.name}', and auto-generation failed`,
            )
    },
  },
  {
    name: 'facts',
    run(device) {
      device.driver = undefined
      for (const capability of device.capabilities) forget(capability)
    },
  },
  {
    name: 'order',
    run(device) {
      // One node and any number of links to it.
      device.devnodes = [
        ...device.devnodes.filter(({ type }) => type === 'dev').slice(-1),
        ...device.devnodes.filter(({ type }) => type === 'link'),
      ]
      for (const capability of device.capabilities) {
        joinAbilities(capability)
        if (capability.type === 'system') capability.firmware ??= {}
        if (capability.type === 'net') {
          const { features } = capability
          capability.features = netFeatures.flatMap((name) => features.filter((one) => one.name === name).slice(0, 1))
        }
      }
    },
  },
]

/** `<device>`: a device of the host; mode `create` reads one that is to be made, which has no name of its own. */
export const nodeDevice: DocumentKind<NodeDevice, NodeDeviceInput> = documentKind<NodeDevice, NodeDeviceInput>({
  root,
  grammar: 'nodedev.rng',
  domain: ErrorDomain.NODEDEV,
  postParse: steps,
})
