// SPDX-License-Identifier: LGPL-2.1-or-later
// Migration: protocol 3 in calls with typed parameters and older ones with arguments, and protocol 2.
import {
  type Call,
  ErrorDomain,
  ErrorNumber,
  type Resolvers,
  type SlotMethods,
  type SlotTable,
  type TypedParams,
  VirtError,
} from '@virt/core'
import type { QemuDomain } from '../domain/record.js'
import { begin } from '../migration/begin.js'
import { confirm } from '../migration/confirm.js'
import { finish } from '../migration/finish.js'
import { migrateFlags as flags } from '../migration/flags.js'
import { prepare, prepareTunnel, requireName } from '../migration/prepare.js'
import { MigrationRequest } from '../migration/request.js'
import { finishSecond, performSecond, prepareSecond } from '../migration/second.js'
import { perform } from '../migration/source.js'
import type { QemuState } from '../state.js'

export const migrationSupport: SlotTable = {
  domainMigratePrepare2: { flags, fn: 'qemuDomainMigratePrepare2' },
  domainMigratePrepareTunnel: { flags, fn: 'qemuDomainMigratePrepareTunnel' },
  domainMigratePerform: { flags, fn: 'qemuDomainMigratePerform' },
  domainMigrateFinish2: { flags, fn: 'qemuDomainMigrateFinish2' },
  domainMigrateBegin3: { flags, fn: 'qemuDomainMigrateBegin3' },
  domainMigrateBegin3Params: { flags, fn: 'qemuDomainMigrateBegin3Params' },
  domainMigratePrepare3: { flags, fn: 'qemuDomainMigratePrepare3' },
  domainMigratePrepare3Params: { flags, fn: 'qemuDomainMigratePrepare3Params' },
  domainMigratePrepareTunnel3: { flags, fn: 'qemuDomainMigratePrepareTunnel3' },
  domainMigratePrepareTunnel3Params: { flags, fn: 'qemuDomainMigratePrepareTunnel3Params' },
  domainMigratePerform3: { flags, fn: 'qemuDomainMigratePerform3' },
  domainMigratePerform3Params: { flags, fn: 'qemuDomainMigratePerform3Params' },
  domainMigrateFinish3: { flags, fn: 'qemuDomainMigrateFinish3' },
  domainMigrateFinish3Params: { flags, fn: 'qemuDomainMigrateFinish3Params' },
  domainMigrateConfirm3: { flags, fn: 'qemuDomainMigrateConfirm3' },
  domainMigrateConfirm3Params: { flags, fn: 'qemuDomainMigrateConfirm3Params' },
}

/** Reads parameters of the first calls. @throws VirtError as `MigrationRequest.of`, `invalid-arg` for a name of nothing */
function requestOf(call: Call, params: TypedParams): MigrationRequest {
  const request = MigrationRequest.of(params)
  if (request.text('destination_name') === '')
    throw new VirtError(`string dname in ${call.slot?.publicName ?? ''} must not be empty`, {
      number: ErrorNumber.INVALID_ARG,
      domain: ErrorDomain.DOMAIN,
    })
  return request
}

export function migrationSlots(state: QemuState): SlotMethods & Resolvers {
  const confirms = (
    call: Call,
    domain: QemuDomain,
    cookie: Uint8Array,
    bits: number,
    cancelled: number,
  ): Promise<void> => confirm(state, call, domain, cookie, bits, cancelled !== 0)
  return {
    domainMigratePrepare2: (call, uri, bits, name, bandwidth, xml) =>
      prepareSecond(state, call, xml, uri, { flags: bits, name, bandwidth }),
    async domainMigratePrepareTunnel(call, bits, name, bandwidth, xml) {
      const request = MigrationRequest.from({ destination_name: name, bandwidth, destination_xml: xml })
      return (await prepareTunnel(state, call, request, new Uint8Array(0), bits)).stream
    },
    domainMigratePerform: (call, domain: QemuDomain, cookie, uri, bits, name, bandwidth) =>
      performSecond(state, call, domain, cookie, uri, { flags: bits, name, bandwidth }),
    domainMigrateFinish2: (call, name, _cookie, _uri, bits, retcode) =>
      finishSecond(state, call, name, bits, retcode !== 0),

    domainMigrateBegin3Params: (call, domain: QemuDomain, params, bits) =>
      begin(state, call, domain, requestOf(call, params), bits),
    domainMigrateBegin3: (call, domain: QemuDomain, xml, bits, name, bandwidth) =>
      begin(
        state,
        call,
        domain,
        MigrationRequest.from({ destination_xml: xml, destination_name: name, bandwidth }),
        bits,
      ),

    domainMigratePrepare3Params: (call, params, cookie, bits) =>
      prepare(state, call, requestOf(call, params), cookie, bits),
    domainMigratePrepare3: (call, cookie, uri, bits, name, bandwidth, xml) =>
      prepare(
        state,
        call,
        MigrationRequest.from({ migrate_uri: uri, destination_name: name, bandwidth, destination_xml: xml }),
        cookie,
        bits,
      ),

    domainMigratePrepareTunnel3Params: (call, params, cookie, bits) =>
      prepareTunnel(state, call, requestOf(call, params), cookie, bits),
    domainMigratePrepareTunnel3: (call, cookie, bits, name, bandwidth, xml) =>
      prepareTunnel(
        state,
        call,
        MigrationRequest.from({ destination_name: name, bandwidth, destination_xml: xml }),
        cookie,
        bits,
      ),

    domainMigratePerform3Params: (call, domain: QemuDomain, peer, params, cookie, bits) =>
      perform(state, call, domain, requestOf(call, params), { cookie, peer, flags: bits }),
    domainMigratePerform3: (call, domain: QemuDomain, xml, cookie, peer, uri, bits, name, bandwidth) =>
      perform(
        state,
        call,
        domain,
        MigrationRequest.from({
          destination_xml: xml,
          migrate_uri: uri,
          destination_name: name,
          bandwidth,
        }),
        { cookie, peer, flags: bits },
      ),

    domainMigrateFinish3Params(call, params, cookie, bits, cancelled) {
      const name = MigrationRequest.of(params).text('destination_name')
      return finish(state, call, requireName(name), cookie, bits, cancelled !== 0)
    },
    domainMigrateFinish3: (call, name, cookie, _peer, _uri, bits, cancelled) =>
      finish(state, call, requireName(name), cookie, bits, cancelled !== 0),

    domainMigrateConfirm3Params: (call, domain: QemuDomain, _params, cookie, bits, cancelled) =>
      confirms(call, domain, cookie, bits, cancelled),
    domainMigrateConfirm3: confirms,
  }
}
