// SPDX-License-Identifier: GPL-2.0-or-later
// Domains as the QEMU driver reads them.
import { domain, qemuDomainHooks } from '@virt/conf'
import { Capabilities } from '../src/qemu-capabilities.mjs'
import { commandOf } from '../src/qemu-command.mjs'
import { TestHost } from '../src/qemu-host.mjs'

export const names = ['qemuxmlconf']

/** Name of an input as errors quote it. */
const sourceName = (role) => `ABS_SRCDIR/${role.replace(/^data\//, '')}`

export const suites = {
  qemuxmlconf: {
    facts: [
      'base',
      'arch',
      'capsVersion',
      'capsVariant',
      'capsReplies',
      'stripMachineAliases',
      'capsAdd',
      'capsDel',
      'nbdkitCaps',
      'gic',
      'hostCpu',
      'parseFlags',
      'migrateFrom',
      'migrateFd',
      'fdGroups',
      'vdpaFds',
      'slirpHelper',
      'swtpmFeatures',
      'env',
      'environment',
      'driverConfig',
      'storagePools',
      'networks',
      'networkPorts',
      'input',
      'inputMissing',
      'inputPath',
    ],
    state: ({ files }) => ({
      capabilities: new Capabilities(),
      env: files.json('deps/qemu-test-env.json'),
      host: new TestHost(files),
    }),
    run: async (c, { check, files, state }) => {
      const { caps, documents } = await state.capabilities.of(files.path(c.capsReplies), c)
      const hooks = {
        ...qemuDomainHooks(state.host.of(c, documents)),
        random: state.host.random,
        securityModel: 'none',
      }
      const abiUpdate = c.parseFlags.includes('ABI_UPDATE')
      const parse = (role) =>
        domain.parse(files.text(role), { inactive: true, abiUpdate, hooks, file: sourceName(role) })
      const print = (read) => domain.print(read, { secure: true, hooks })
      if (c.expect === 'parseError') {
        await check.role('parse', 'expectedError', () => {
          try {
            parse(c.input)
          } catch (error) {
            if (error?.[Symbol.for('@virt/error')] === true) return error.message
            throw error
          }
          throw new Error('did not fail')
        })
        return
      }
      let read
      await check.is('parse', () => {
        read = parse(c.input)
      })
      await check.role('xml', 'expectedXml', () => print(read ?? parse(c.input)))
      await check.role('reparse', 'expectedXml', () => print(parse(c.expectedXml)))
      const argv = () => commandOf(state.env, c, caps, read ?? parse(c.input))
      if (c.expect === 'failure') await check.fails('argv', argv, 'expectedError')
      else await check.role('argv', 'expectedArgv', argv)
    },
  },
}
