// SPDX-License-Identifier: GPL-2.0-or-later
// Domains as the QEMU driver reads them.
import {
  checkAbiStability,
  domain,
  migrationCookie,
  migrationCookieOf,
  qemuDomainHooks,
  qemuDomainStatus,
  qemuMigrationParams,
  qemuStatusHooks,
  readQemuStatus,
} from '@virt/conf'
import { formatJson, parseJson } from '@virt/core'
import { parameterArguments, parametersOf } from '@virt/qemu/testing'
import { familiesOf } from '../src/device-families.mjs'
import { Capabilities } from '../src/qemu-capabilities.mjs'
import { commandOf } from '../src/qemu-command.mjs'
import { TestHost } from '../src/qemu-host.mjs'

export const names = ['qemuxmlconf', 'qemuxmlactive', 'qemustatusxml2xml', 'qemumigrationcookie', 'qemumigparams']

/** Name of an input as errors quote it. */
const sourceName = (role) => `ABS_SRCDIR/${role.replace(/^data\//, '')}`

/** What all cases of a suite share. */
const shared = ({ files }) => ({
  capabilities: new Capabilities(),
  env: files.json('deps/qemu-test-env.json'),
  host: new TestHost(files),
})

/** What QEMU can do in a case, and hooks of the driver on its host. */
async function driverOf(c, { files, state }) {
  const { caps, documents } = await state.capabilities.of(files.path(c.capsReplies), c)
  const host = state.host.of(c, documents)
  const hooks = {
    ...qemuDomainHooks(host),
    random: state.host.random,
    securityModel: 'none',
  }
  return { caps, host, hooks }
}

/** The end of a migration that reads and writes cookies. */
const end = (name, uuid) => ({ name, uuid })

/** The element that cases have around what they are about. */
const inTest = (xml) => `<test>\n${xml.replace(/^(?=.)/gm, '  ')}</test>\n`

export const suites = {
  qemumigrationcookie: {
    facts: ['op', 'status', 'input'],
    state: shared,
    run: async (c, { check, files, state }) => {
      if (c.op === 'populate') {
        const { domain: guest } = readQemuStatus(files.text(c.status), state.host.of({ arch: 'x86_64' }))
        const own = end('hostname2', '8b3f4dc4-6a8e-5f9b-94a5-4c35babd8d95')
        const made = () => migrationCookie.print(migrationCookieOf(guest, own, ['memory-hotplug', 'cpu-hotplug']))
        await check.role('source', 'expectedSourceXml', made)
        await check.role('dest', 'expectedDestXml', made)
        return
      }
      await check.role('xml', 'expectedXml', () => {
        // Answers are from the other end, demand nothing, and whether the guest may reboot is its own affair.
        const { features: _, allowReboot: __, ...read } = migrationCookie.parse(files.text(c.input))
        const answer = { hostname: 'hostname', hostuuid: '4a802f00-4cba-5df6-9679-a08c4c5b577f', features: [] }
        return migrationCookie.print({ capabilities: { caps: [] }, ...read, ...answer })
      })
      if (c.op !== 'parse')
        await check.role('migparams', 'expectedMigParamsJson', () => {
          throw new Error('not implemented')
        })
    },
  },
  qemumigparams: {
    facts: ['reply'],
    run: async (c, { check, files }) => {
      const given = () => parametersOf(parseJson(files.text(c.reply)).return)
      const print = (parameters) => inTest(qemuMigrationParams.print(parameters))
      await check.role('xml', 'expectedXml', () =>
        print({ params: [...given()].map(([name, value]) => ({ name, value })) }),
      )
      await check.role('json', 'expectedJson', () => formatJson(parameterArguments(given()), true))
      await check.role('xml2xml', 'expectedXml', () => {
        const [, inner] = /^<test>([\s\S]*)<\/test>\s*$/.exec(files.text(c.expectedXml)) ?? []
        return print(qemuMigrationParams.parse(inner ?? ''))
      })
    },
  },
  qemuxmlactive: {
    facts: ['arch', 'capsVersion', 'capsReplies', 'stripMachineAliases', 'input'],
    state: shared,
    run: async (c, ctx) => {
      const { hooks } = await driverOf(c, ctx)
      const read = domain.parse(ctx.files.text(c.input), { hooks })
      read.id ??= 1337
      const print = (modes) => domain.print(read, { secure: true, hooks, ...modes })
      await ctx.check.role('inactive', 'expectedInactiveXml', () => print({ inactive: true }))
      await ctx.check.role('active', 'expectedActiveXml', () => print({}))
    },
  },
  qemustatusxml2xml: {
    facts: ['input'],
    state: shared,
    run: async (c, { check, files, state }) => {
      const host = state.host.of({ arch: 'x86_64' })
      await check.role('xml', 'expectedXml', () => {
        const status = readQemuStatus(files.text(c.input), host)
        return qemuDomainStatus.print(status, { secure: true, hooks: qemuStatusHooks })
      })
    },
  },
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
    state: shared,
    families: familiesOf,
    run: async (c, ctx) => {
      const { check, files, state } = ctx
      const { caps, host, hooks } = await driverOf(c, ctx)
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
      const argv = () => {
        const definition = read ?? parse(c.input)
        checkAbiStability(definition, parse(c.input))
        return commandOf({ env: state.env, files, host, c, caps, read: definition })
      }
      if (c.expect === 'failure') await check.fails('argv', argv, 'expectedError')
      else await check.role('argv', 'expectedArgv', argv)
    },
  },
}
