// SPDX-License-Identifier: GPL-2.0-or-later
// What a guest's process needs of the host, and the programs beside it.
import { domain, qemuDomainHooks } from '@virt/conf'
import { imagesOf, memoryLockLimit, nbdkitArgs } from '@virt/qemu/testing'
import { formatCommand } from '../src/command.mjs'
import { Capabilities } from '../src/qemu-capabilities.mjs'
import { TestHost } from '../src/qemu-host.mjs'

export const names = ['qemumemlock', 'qemunbdkit']

const state = ({ files }) => ({
  capabilities: new Capabilities(),
  env: files.json('deps/qemu-test-env.json'),
  host: new TestHost(files),
})

/** What is needed to read a document of a case. */
const common = ['arch', 'capsVersion', 'capsReplies', 'input']

async function read(c, { files, state }) {
  const { documents } = await state.capabilities.of(files.path(c.capsReplies), c)
  const facts = { parseFlags: [], ...c }
  const hooks = {
    ...qemuDomainHooks(state.host.of(facts, documents)),
    random: state.host.random,
    securityModel: 'none',
  }
  return domain.parse(files.text(c.input), { inactive: true, validate: false, hooks })
}

/** What the simulated host has for secrets. */
function secretOf({ auth }) {
  return auth?.secret && `${auth.secret.type}-${auth.secret.usage ?? auth.secret.uuid}-secret`
}

/** The images of a case that nbdkit serves, by the names the case has for them. */
function imagesByAlias(document) {
  const rows = document.devices.disks.flatMap((disk, d) =>
    imagesOf(disk).images.map((image, n) => {
      const alias = `disk${d}-src${n}`
      return [alias, { alias, source: image.source, readonly: image.readonly || disk.device === 'cdrom' }]
    }),
  )
  return new Map(rows)
}

export const suites = {
  qemumemlock: {
    facts: [...common, 'expectedValue'],
    state,
    run: (c, ctx) =>
      ctx.check.role('limit', 'expectedValue', async () => {
        const limit = memoryLockLimit(await read(c, ctx))
        return limit === undefined ? 'unlimited' : String(limit * 1024n)
      }),
  },
  qemunbdkit: {
    facts: [...common, 'nbdkitCaps', 'nbdkitPath', 'user', 'group', 'stateDir', 'sources', 'pipes'],
    state,
    run: async (c, ctx) => {
      const { check, files } = ctx
      const pipes = []
      const made = async () => {
        const document = await read({ arch: 'x86_64', ...c }, ctx)
        const images = imagesByAlias(document)
        const start = {
          flags: new Set(c.nbdkitCaps),
          folder: c.stateDir.replace('<domain name>', document.name),
          password: secretOf,
          pass(_alias, text) {
            const fd = 777 + 2 * pipes.length
            pipes.push(text)
            return fd
          },
        }
        return c.sources.map((alias) =>
          formatCommand({ program: 'nbdkit', args: nbdkitArgs(images.get(alias), start) }),
        )
      }
      const all = (list) => list.map((file) => files.text(file)).join('\n')
      await check.role('argv', 'expectedArgv', async () => (await made()).join('\n'), all)
      await check.role(
        'pipes',
        'expectedPipe',
        () => (pipes.length === 0 ? null : pipes.map((text) => `${text}\n`).join('\n')),
        all,
      )
    },
  },
}
