// SPDX-License-Identifier: GPL-2.0-or-later
// Documents of the host: its network interfaces and devices.
import { hostInterface, nodeDevice } from '@virt/conf'

export const names = ['interfacexml2xml', 'nodedevxml2xml']

/** Fills in what the driver knows of a storage device: the size of its blocks, and how many there are. */
function withBlocks(device) {
  const filled = (holder, size, block) => ({
    ...holder,
    logicalBlockSize: BigInt(block),
    numBlocks: size / BigInt(block),
  })
  const capabilities = device.capabilities.map((c) => {
    if (c.type !== 'storage') return c
    if (c.size !== undefined) return filled(c, c.size, 512)
    return {
      ...c,
      capabilities: c.capabilities.map((r) =>
        r.type === 'removable' && r.mediaAvailable ? filled(r, r.mediaSize, 2048) : r,
      ),
    }
  })
  return { ...device, capabilities }
}

export const suites = {
  interfacexml2xml: {
    facts: ['input'],
    async run(c, { check, files }) {
      await check.role(
        'xml',
        'expectedXml',
        () => hostInterface.print(hostInterface.parse(files.text(c.input))),
        (role) => files.text(role),
      )
    },
  },
  nodedevxml2xml: {
    facts: ['input', 'inactive'],
    async run(c, { check, files }) {
      const modes = { inactive: c.inactive }
      await check.role(
        'xml',
        'expectedXml',
        () => nodeDevice.print(withBlocks(nodeDevice.parse(files.text(c.input))), modes),
        (role) => files.text(role),
      )
    },
  },
}
