// SPDX-License-Identifier: LGPL-2.1-or-later
// Guests whose memory the host cannot read, and how fast guests write to theirs.
import type { Call, ParamValue, Resolvers, SlotMethods, SlotTable, TypedParams } from '@virt/core'
import { Param, paramShape, readParams, requireActive } from '@virt/stateful'
import type { QemuDomain } from '../domain/record.js'
import { State } from '../domain/states.js'
import { configUnsupported, invalidArg, operationInvalid, operationUnsupported } from '../errors.js'
import { asObject, bigintOf, numberOf, textOf } from '../monitor/json-access.js'
import type { QemuState } from '../state.js'
import { StatsList } from '../stats/list.js'
import { runOf } from './impact.js'

export const secureGuestSupport: SlotTable = {
  nodeGetSEVInfo: { flags: 4, fn: 'qemuNodeGetSEVInfo' },
  // parity: flags are not looked at.
  domainGetLaunchSecurityInfo: {},
  domainSetLaunchSecurityState: { flags: 0, fn: 'qemuDomainSetLaunchSecurityState' },
  domainStartDirtyRateCalc: { flags: 3, fn: 'qemuDomainStartDirtyRateCalc' },
}

const secret = paramShape({
  'sev-secret-header': Param.string,
  'sev-secret': Param.string,
  'sev-secret-set-address': Param.ullong,
})

async function sevInfo({ programs }: QemuState): Promise<TypedParams> {
  const binary = programs.forArch(programs.arch)
  const sev = binary === undefined ? undefined : (await programs.get(binary)).sev
  if (sev === undefined) throw operationUnsupported('QEMU does not support SEV guest')
  const list = new StatsList()
  list.put('pdh', Param.string, sev.pdh)
  list.put('cert-chain', Param.string, sev.certChain)
  if (sev.cpu0Id !== undefined) list.put('cpu0-id', Param.string, sev.cpu0Id)
  list.put('cbitpos', Param.uint, sev.cbitpos)
  list.put('reduced-phys-bits', Param.uint, sev.reducedPhysBits)
  return list.params
}

const isSev = ({ def }: QemuDomain): boolean => {
  const type = def.launchSecurity?.type
  return type === 'sev' || type === 'sev-snp'
}

async function launchInfo(call: Call, domain: QemuDomain): Promise<TypedParams> {
  const list = new StatsList()
  if (!isSev(domain)) return list.params
  await domain.jobs.run(call, 'query', async (job) => {
    const { monitor } = runOf(domain)
    const sev = asObject(await job.wait(monitor.command('query-sev'))) ?? {}
    if (domain.def.launchSecurity?.type === 'sev') {
      const measured = asObject(await job.wait(monitor.command('query-sev-launch-measure'))) ?? {}
      list.put('sev-measurement', Param.string, textOf(measured, 'data'))
    }
    list.put('sev-api-major', Param.uint, numberOf(sev, 'api-major'))
    list.put('sev-api-minor', Param.uint, numberOf(sev, 'api-minor'))
    list.put('sev-build-id', Param.uint, numberOf(sev, 'build-id'))
    const snp = bigintOf(sev, 'snp-policy')
    if (snp === undefined) list.put('sev-policy', Param.uint, numberOf(sev, 'policy'))
    else list.put('sev-snp-policy', Param.ullong, snp)
  })
  return list.params
}

async function setLaunchSecret(call: Call, domain: QemuDomain, params: TypedParams): Promise<void> {
  const given = readParams(params, secret)
  if (domain.def.launchSecurity?.type !== 'sev')
    throw operationUnsupported('setting a launch secret is only supported in SEV-enabled domains')
  const [header, text, address]: readonly (ParamValue | undefined)[] = secret.names.map((name) => given.get(name))
  if (header === undefined || text === undefined) throw invalidArg('Both secret and the secret header are required')
  await domain.jobs.run(call, 'query', async (job) => {
    requireActive(domain)
    if (domain.state !== State.paused) throw operationInvalid('domain must be in a paused state')
    await job.wait(
      runOf(domain).monitor.command('sev-inject-launch-secret', {
        'packet-header': String(header),
        secret: String(text),
        ...(address === undefined ? {} : { gpa: BigInt(address as bigint) }),
      }),
    )
  })
}

/** `virDomainDirtyRateCalcFlags`, by their bits. */
const Mode = { bitmap: 1, ring: 2 } as const
/** Seconds. */
const range = { least: 1, most: 60 }

async function startDirtyRate(call: Call, domain: QemuDomain, seconds: number, flags: number): Promise<void> {
  if (seconds < range.least || seconds > range.most)
    throw configUnsupported(
      `seconds=${seconds} is invalid, please choose value within [${range.least}, ${range.most}].`,
    )
  const mode = flags & Mode.bitmap ? 'dirty-bitmap' : flags & Mode.ring ? 'dirty-ring' : 'page-sampling'
  await domain.jobs.run(call, 'modify', async (job) => {
    const { monitor } = runOf(domain)
    if (mode === 'dirty-ring' && domain.def.features?.kvm?.['dirty-ring']?.state !== true)
      throw operationUnsupported('dirty-ring calculation mode requires dirty-ring feature enabled.')
    await job.wait(monitor.command('calc-dirty-rate', { 'calc-time': BigInt(seconds), mode }))
  })
}

export function secureGuestSlots(state: QemuState): SlotMethods & Resolvers {
  return {
    nodeGetSEVInfo: () => sevInfo(state),
    domainGetLaunchSecurityInfo: (call, domain: QemuDomain) => launchInfo(call, domain),
    domainSetLaunchSecurityState: (call, domain: QemuDomain, params) => setLaunchSecret(call, domain, params),
    domainStartDirtyRateCalc: (call, domain: QemuDomain, seconds, flags) =>
      startDirtyRate(call, domain, seconds, flags),
  }
}
