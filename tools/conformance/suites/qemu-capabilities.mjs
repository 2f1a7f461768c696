// SPDX-License-Identifier: GPL-2.0-or-later
// What QEMU programs can do.
import { capabilities } from '@virt/conf'
import { guestOf, parseCaps, printCaps, probeRecording, Recording } from '@virt/qemu/testing'

export const names = ['qemucapabilities', 'qemucaps2xml']

const program = (arch) => `/usr/bin/qemu-system-${arch}`

/** The host of a program's own architecture, of which nothing is known. */
const hostOf = (arch) => ({
  cpu: { arch, features: [], pages: [] },
  powerManagement: {},
  iommu: { support: false },
  securityModels: [],
})

export const suites = {
  qemucaps2xml: {
    facts: ['arch', 'version', 'variant', 'replies'],
    run: (c, { check, files }) =>
      check.role('xml', 'expectedXml', async () => {
        const options = { binary: program(c.arch), hvf: c.variant.includes('hvf') }
        const caps = await probeRecording(new Recording(files.text(c.replies)), options)
        return capabilities.print({ host: hostOf(c.arch), guests: [guestOf({ ...caps, accelerators: {} })] })
      }),
  },
  qemucapabilities: {
    facts: ['arch', 'version', 'variant', 'hvf', 'microcodeVersion', 'replies'],
    async run(c, { check, files }) {
      await check.role('probe', 'expectedXml', async () => {
        const recording = new Recording(files.text(c.replies))
        const caps = await probeRecording(recording, { binary: program(c.arch), hvf: c.hvf })
        return printCaps({ ...caps, key: { ...caps.key, microcode: c.microcodeVersion } })
      })
      await check.role('reload', 'expectedXml', () => printCaps(parseCaps(files.text(c.expectedXml))))
    },
  },
}
