// SPDX-License-Identifier: LGPL-2.1-or-later
// VIRT-EXT-MIB: what LIBVIRT-MIB lacks.
import type { HostFacts } from '@virt/sampler'
import { counter64, gauge, integer, text, timeTicks, type Value } from '../wire/value.js'
import type { Module, Notification, Scalar, Table } from './module.js'

/** Root of the module: the part of net-snmp's tree that is free for local use. */
export const extRoot: readonly number[] = [1, 3, 6, 1, 4, 1, 8072, 9999, 9999, 36957]

/** What the agent tells of itself. */
export interface AgentFacts {
  readonly host: HostFacts
  readonly active: number
  readonly inactive: number
  /** connected(1), connecting(2), disconnected(3) */
  readonly connection: number
  /** In hundredths of seconds of sysUpTime. */
  readonly connectionChanged: number
  readonly lastRefresh: number
  readonly events: number
  readonly dropped: number
}

const scalar = (n: number, name: string, syntax: string, doc: string, read: () => Value): Scalar => ({
  name,
  oid: [1, 1, n],
  syntax,
  access: 'read-only',
  doc,
  read,
})
const notifyOnly = (n: number, name: string, syntax: string, doc: string): Scalar => ({
  name,
  oid: [1, 3, n],
  syntax,
  access: 'accessible-for-notify',
  doc,
})
const notification = (n: number, name: string, objects: readonly string[], doc: string): Notification => ({
  name,
  oid: [0, n],
  objects,
  doc,
})

/** The module over the agent's tables. */
export function extMib(facts: () => AgentFacts, tables: readonly Table<unknown>[]): Module {
  const host = <K extends keyof HostFacts>(key: K): HostFacts[K] => facts().host[key]
  return {
    name: 'VIRT-EXT-MIB',
    root: extRoot,
    identity: {
      name: 'virtExtMIB',
      parent: 'netSnmpPlaypen 36957',
      revisions: [{ date: '202611250000Z', doc: 'The first revision.' }],
      organization: 'virt',
      contact: 'See the package @virt/snmp on npm.',
      doc: 'Hosts and guests as libvirt knows them: what LIBVIRT-MIB lacks.',
      conventions: [
        {
          name: 'VirtUUID',
          hint: '4x-2x-2x-2x-6x',
          doc: 'The 16 octets of a UUID.',
          syntax: 'OCTET STRING (SIZE (16))',
        },
        {
          name: 'VirtText',
          hint: '255t',
          doc: 'Text in UTF-8, cut between characters.',
          syntax: 'OCTET STRING (SIZE (0..255))',
        },
        { name: 'VirtGauge64', doc: 'A figure that goes up and down, of up to 64 bits.', syntax: 'Counter64' },
      ],
      nodes: [
        { name: 'virtExtNotifications', oid: [0] },
        { name: 'virtExtObjects', oid: [1] },
        { name: 'virtExtHost', oid: [1, 1] },
        { name: 'virtExtTables', oid: [1, 2] },
        { name: 'virtExtNotifObjects', oid: [1, 3] },
        { name: 'virtExtConformance', oid: [2] },
        { name: 'virtExtCompliances', oid: [2, 1] },
        { name: 'virtExtGroups', oid: [2, 2] },
      ],
      compliance: { name: 'virtExtCompliance', oid: [2, 1, 1] },
      objectGroup: { name: 'virtExtObjectGroup', oid: [2, 2, 1] },
      notificationGroup: { name: 'virtExtNotificationGroup', oid: [2, 2, 2] },
    },
    scalars: [
      scalar(1, 'virtHostName', 'VirtText', 'Name of the host.', () => text(host('name'))),
      scalar(2, 'virtHostDriver', 'VirtText', 'Name of the driver, such as QEMU.', () => text(host('driver'))),
      scalar(3, 'virtHostUri', 'VirtText', 'URI of the connection, without who asks.', () => text(host('uri'))),
      scalar(
        4,
        'virtHostDriverVersion',
        'Unsigned32',
        'Version of the hypervisor: major * 1000000 + minor * 1000 + release.',
        () => gauge(host('driverVersion')),
      ),
      scalar(5, 'virtHostLibVersion', 'Unsigned32', 'Level of libvirt that the daemon speaks, in the same form.', () =>
        gauge(host('libVersion')),
      ),
      scalar(6, 'virtHostCpuModel', 'VirtText', 'Model of the CPUs.', () => text(host('cpuModel'))),
      scalar(7, 'virtHostCpus', 'Gauge32', 'CPUs in use.', () => gauge(host('cpus'))),
      scalar(8, 'virtHostMemTotal', 'VirtGauge64', 'Memory, in KiB.', () => counter64(host('memory'))),
      scalar(9, 'virtHostMemFree', 'VirtGauge64', 'Free memory, in KiB.', () => counter64(host('free'))),
      scalar(10, 'virtHostGuestsActive', 'Gauge32', 'Guests that run.', () => gauge(facts().active)),
      scalar(11, 'virtHostGuestsInactive', 'Gauge32', 'Guests that do not.', () => gauge(facts().inactive)),
      scalar(
        12,
        'virtAgentConnState',
        'INTEGER { connected(1), connecting(2), disconnected(3) }',
        'State of the connection to the daemon.',
        () => integer(facts().connection),
      ),
      scalar(13, 'virtAgentConnChanged', 'TimeStamp', 'When it changed last.', () =>
        timeTicks(facts().connectionChanged),
      ),
      scalar(14, 'virtAgentLastRefresh', 'TimeStamp', 'When the figures of the guests were read last.', () =>
        timeTicks(facts().lastRefresh),
      ),
      scalar(15, 'virtAgentEvents', 'Counter64', 'Events that have come from the daemon.', () =>
        counter64(BigInt(facts().events)),
      ),
      scalar(
        16,
        'virtAgentNotifsDropped',
        'Counter64',
        'Notifications that were not sent, because there were too many.',
        () => counter64(BigInt(facts().dropped)),
      ),
      notifyOnly(1, 'virtNotifEvent', 'Integer32', 'Code of the event.'),
      notifyOnly(2, 'virtNotifDetail', 'Integer32', 'Code of its detail.'),
      notifyOnly(3, 'virtNotifAction', 'Integer32', 'Code of what was done about it.'),
      notifyOnly(4, 'virtNotifText', 'VirtText', 'What else there is to say.'),
      notifyOnly(5, 'virtNotifValue', 'VirtGauge64', 'A figure that belongs to the event.'),
    ],
    tables,
    notifications: [
      notification(
        1,
        'virtGuestEvent',
        ['virtGuestName', 'virtGuestState', 'virtGuestStateReason', 'virtNotifEvent', 'virtNotifDetail'],
        'A guest has changed its state.',
      ),
      notification(
        2,
        'virtGuestIoError',
        ['virtGuestName', 'virtDiskTarget', 'virtNotifAction', 'virtNotifText'],
        'A disk of a guest has failed.',
      ),
      notification(3, 'virtGuestWatchdog', ['virtGuestName', 'virtNotifAction'], 'The watchdog of a guest has fired.'),
      notification(
        4,
        'virtGuestBlockThreshold',
        ['virtGuestName', 'virtDiskTarget', 'virtNotifValue'],
        'A guest has written beyond a threshold.',
      ),
      notification(
        5,
        'virtGuestDeviceChange',
        ['virtGuestName', 'virtNotifEvent', 'virtNotifText'],
        'A device was added (1), removed (2), or could not be removed (3).',
      ),
      notification(
        6,
        'virtGuestAgentChange',
        ['virtGuestName', 'virtNotifEvent'],
        'The agent of a guest has connected (1) or disconnected (2).',
      ),
      notification(
        7,
        'virtPoolEvent',
        ['virtPoolName', 'virtPoolState', 'virtNotifEvent'],
        'A storage pool has changed its state.',
      ),
      notification(8, 'virtNetEvent', ['virtNetName', 'virtNotifEvent'], 'A network has changed its state.'),
      notification(
        9,
        'virtAgentConnChange',
        ['virtAgentConnState', 'virtNotifText'],
        'The connection to the daemon was lost or is back.',
      ),
      notification(
        10,
        'virtPoolLowSpace',
        ['virtPoolName', 'virtPoolAvailable', 'virtPoolCapacity'],
        'A storage pool has little space left.',
      ),
    ],
  }
}
