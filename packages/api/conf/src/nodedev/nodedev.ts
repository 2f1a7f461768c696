// SPDX-License-Identifier: LGPL-2.1-or-later
import { ErrorDomain, ErrorNumber, virtError } from '@virt/core'
import { uuid } from '../lang/value.js'
import type { Pass } from '../runtime/context.js'
import { type DocumentKind, documentKind } from '../runtime/document.js'
import type { NodeDeviceInput } from './inputs.gen.js'
import { nodeDevice as root } from './schema.js'
import type { NodeDevice } from './types.gen.js'

function fail(message: string): never {
  throw virtError(ErrorNumber.INTERNAL_ERROR, ErrorDomain.NODEDEV, message)
}

const steps: readonly Pass<NodeDevice>[] = [
  {
    name: 'name',
    run(device) {
      device.name ??= 'new device'
    },
  },
  {
    name: 'capabilities',
    run(device) {
      if (device.capabilities.length === 0) fail(`no device capabilities for '${device.name}'`)
    },
  },
  {
    name: 'system',
    run({ name, capabilities }) {
      for (const capability of capabilities) {
        if (capability.type !== 'system') continue
        const text = capability.hardware?.uuid
        if (text === undefined) fail(`no system UUID supplied for '${name}'`)
        if (uuid.parse(text) === undefined) fail(`malformed uuid element for '${name}'`)
      }
    },
  },
  {
    name: 'facts',
    run(device) {
      // What the host knows is not what a document says.
      device.driver = undefined
      for (const capability of device.capabilities) {
        if (capability.type === 'mdev') {
          capability.parentAddr = undefined
          capability.iommuGroup ??= { number: 0, addresses: [] }
        }
        for (const ability of capability.capabilities)
          if (ability.type === 'vport_ops') ability.maxVports = ability.vports = 0
      }
    },
  },
  {
    name: 'medium',
    run(device) {
      for (const capability of device.capabilities) {
        if (capability.type !== 'storage') continue
        // Room of a removable medium is said in the medium's own capability.
        if (capability.capabilities.some((c) => c.type === 'removable'))
          capability.size = capability.logicalBlockSize = capability.numBlocks = undefined
      }
    },
  },
]

/** `<device>`: a device of the host. */
export const nodeDevice: DocumentKind<NodeDevice, NodeDeviceInput> = documentKind<NodeDevice, NodeDeviceInput>({
  root,
  grammar: 'nodedev.rng',
  domain: ErrorDomain.NODEDEV,
  postParse: steps,
})
