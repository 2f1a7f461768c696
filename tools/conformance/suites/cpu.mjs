// SPDX-License-Identifier: GPL-2.0-or-later
// CPU models: comparing, decoding, making definite.
import {
  cpuModels,
  guestCpu,
  hostCpu,
  parseCpu,
  parseCpuData,
  parseTree,
  printCpu,
  printTree,
  qemuModels,
} from '@virt/conf'

export const names = ['cpu']

/** Documents of a file, one behind the other. */
function replies(text) {
  const found = []
  let depth = 0
  let start = 0
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}]/g)) {
    if (token === '{' && depth++ === 0) start = index
    if (token === '}' && --depth === 0) found.push(JSON.parse(text.slice(start, index + 1)))
  }
  return found.map((one) => one.return)
}

const isUsable = (comparison) => comparison === 'identical' || comparison === 'superset'

/** `-1` for what fails with an error of ours. */
function codeOf(fn) {
  try {
    fn()
    return 0
  } catch (error) {
    if (error?.[Symbol.for('@virt/error')] !== true) throw error
    return -1
  }
}

function signatureText({ packed, family, model, stepping }) {
  const line = (name, value) =>
    `${name.padEnd(9)} ${String(value).padStart(3)} (0x${value.toString(16).padStart(2, '0')})\n`
  return `${packed.toString(16).padStart(6, '0')}\n${line('family:', family)}${line('model:', model)}${line('stepping:', stepping)}`
}

const exact = (cpu) => ({ ...cpu, model: { ...cpu.model, fallback: 'forbid' } })

/** What QEMU says: the host's processor and, if the mode has them, its models. */
function qemu(c, files) {
  const [expansion, definitions] = replies(files.text(c.json))
  const properties = Object.entries(expansion.model.props).map(([name, value]) => ({ name, value }))
  const data = qemuModels.dataOfQemuModel(properties)
  const known = c.jsonMode?.startsWith('models') ? definitions : undefined
  const models =
    known &&
    qemuModels.modelsOfQemu(
      c.arch,
      known.map(({ name, 'unavailable-features': blockers = [] }) => ({ name, blockers })),
    )
  return { data, models }
}

const ops = {
  compare: (c, { check, files }) =>
    check.role('compare', 'expectedValue', () => {
      const host = hostCpu.parse(files.text(c.host))
      const cpu = parseCpu(files.text(c.cpu))
      try {
        return cpuModels.compare(c.arch, host, cpu).toUpperCase()
      } catch {
        return 'ERROR'
      }
    }),

  update: (c, { check, files }) =>
    check.role('update', 'expectedXml', () => {
      const host = hostCpu.parse(files.text(c.host))
      const guest = guestCpu.parse(files.text(c.cpu))
      return guestCpu.print(cpuModels.update(c.arch, guest, cpuModels.migratableCopy(c.arch, host)))
    }),

  baseline: async (c, { check, files }) => {
    const cpus = parseTree(files.text(c.input), 0)
      .children.filter((one) => one.name === 'cpu')
      .map((one) => parseCpu(printTree(one)))
    const options = { migratable: c.flags.includes('migratable') }
    const baseline = () => cpuModels.baseline(c.arch, cpus, options)
    if (c.expect === 'failure') return check.fails('baseline', baseline)
    const finish = (cpu) => (c.flags.includes('expandFeatures') ? cpuModels.expandFeatures(c.arch, cpu) : cpu)
    await check.role('baseline', 'expectedXml', () => guestCpu.print(finish(baseline())))
    await check.is('runs on all', () => {
      const bad = cpus.filter((cpu) => !isUsable(cpuModels.compare(c.arch, cpu, baseline())))
      return bad.length > 0 ? `not on ${bad.length} of ${cpus.length}` : undefined
    })
  },

  hasFeature: async (c, { check, files }) => {
    const host = () => hostCpu.parse(files.text(c.host))
    const told = (fn) => {
      try {
        return fn() ? 'YES' : 'NO'
      } catch {
        return 'FAIL'
      }
    }
    await check.role('definition', 'expectedValue', () => told(() => cpuModels.hasFeature(c.arch, host(), c.feature)))
    const data = () => cpuModels.encode(c.arch, host()).require
    await check.role('data', 'expectedValue', () => told(() => cpuModels.dataHas(data(), c.feature)))
  },

  guestCpu: async (c, { check, files }) => {
    let updated
    const list = c.modelList === null ? undefined : new Map(c.modelLists[c.modelList].map((name) => [name, {}]))
    await check.is('code', () => {
      const code = codeOf(() => {
        const host = hostCpu.parse(files.text(c.host))
        const guest = cpuModels.convertLegacy(c.arch, guestCpu.parse(files.text(c.cpu)))
        cpuModels.compare(c.arch, host, guest, { failIncompatible: true })
        updated = cpuModels.translate(c.arch, cpuModels.update(c.arch, guest, host), list)
      })
      return code === c.expectedCode ? undefined : `got ${code}, expected ${c.expectedCode}`
    })
    if (c.expectedCode === 0) await check.role('guest', 'expectedXml', () => guestCpu.print(updated))
  },

  cpuidHost: (c, { check, files }) =>
    check.role('host', 'expectedXml', () =>
      printCpu(cpuModels.decode(parseCpuData(files.text(c.input)), { hostArch: c.arch })),
    ),

  cpuidGuest: (c, { check, files }) =>
    check.role('guest', 'expectedXml', () => {
      const models = c.json && qemu(c, files).models
      return printCpu(exact(cpuModels.decode(parseCpuData(files.text(c.input)), { models })))
    }),

  cpuidSignature: (c, { check, files }) =>
    check.role('signature', 'expectedText', () =>
      signatureText(cpuModels.signatureOf(parseCpuData(files.text(c.input)))),
    ),

  jsonCpuid: (c, { check, files }) =>
    check.role('guest', 'expectedXml', () => {
      const { data, models } = qemu(c, files)
      return printCpu(exact(cpuModels.decode(data, { models })))
    }),

  jsonSignature: (c, { check, files }) =>
    check.role('signature', 'expectedText', () => signatureText(cpuModels.signatureOf(qemu(c, files).data))),

  updateLive: (c, { check, files }) =>
    check.is('live', () => {
      let guest = guestCpu.parse(files.text(c.guest))
      const expected = guestCpu.parse(files.text(c.jsonCpu))
      // Another model than QEMU's: the guest has to be one of its first.
      if (guest.model.name !== expected.model.name)
        guest = cpuModels.translate(
          c.arch,
          { ...guest, model: { ...guest.model, fallback: 'allow' } },
          new Map([[expected.model.name, {}]]),
        )
      const live = cpuModels.updateLive(
        c.arch,
        guest,
        parseCpuData(files.text(c.enabled)),
        parseCpuData(files.text(c.disabled)),
      )
      if (live.model.name !== expected.model.name) return `model ${live.model.name}, expected ${expected.model.name}`
      const required = (cpu) =>
        cpuModels
          .expandFeatures(c.arch, cpu)
          .features.filter(({ policy }) => policy === 'require')
          .map(({ name }) => name)
      const [a, b] = [required(live), required(expected)]
      const differ = [...a.filter((name) => !b.includes(name)), ...b.filter((name) => !a.includes(name))]
      return differ.length > 0 ? `features differ: ${differ.join(' ')}` : undefined
    }),

  cpuidBaseline: (c, { check, files }) =>
    check.role('baseline', 'expectedXml', () =>
      guestCpu.print(
        cpuModels.baseline(
          c.arch,
          c.inputs.map((file) => parseCpu(files.text(file))),
        ),
      ),
    ),

  validateFeatures: (c, { check, files }) =>
    check.role('validate', 'expectedValue', () =>
      codeOf(() => cpuModels.validateFeatures(c.arch, guestCpu.parse(files.text(c.input)))),
    ),
}

export const suites = {
  cpu: {
    facts: [
      ...['op', 'arch', 'host', 'cpu', 'input', 'inputs', 'json', 'jsonMode', 'modelList', 'modelLists', 'cpuMap'],
      ...['flags', 'feature', 'guest', 'enabled', 'disabled', 'jsonCpu', 'expectedCode'],
    ],
    async run(c, ctx) {
      const op = ops[c.op]
      if (!op) throw new Error(`unknown operation ${c.op}`)
      await op(c, ctx)
    },
  },
}
