// SPDX-License-Identifier: GPL-2.0-or-later
// Network filters and their bindings.
import { nwfilter, nwfilterBinding } from '@virt/conf'

export const names = ['nwfilterxml2xml', 'nwfilterbindingxml2xml']

const suite = (kind) => ({
  facts: ['input'],
  async run(c, { check, files }) {
    const convert = () => kind.print(kind.parse(files.text(c.input)))
    if ((c.expect ?? 'ok') !== 'ok') return check.fails('parse', convert)
    await check.role('xml', 'expectedXml', convert, (role) => files.text(role))
  },
})

export const suites = { nwfilterxml2xml: suite(nwfilter), nwfilterbindingxml2xml: suite(nwfilterBinding) }
