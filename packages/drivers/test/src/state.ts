// SPDX-License-Identifier: LGPL-2.1-or-later
// One instance of the test hypervisor: all that its connections share.
import type { HostInterface } from '@virt/conf'
import { EventHub, type Services } from '@virt/core'
import { Registry } from '@virt/stateful'
import type { TestDomain } from './domain-record.js'
import type { Host } from './host.js'
import type { TestInterface } from './interface.js'
import type { TestNetwork } from './network.js'
import type { TestDevice } from './node-device.js'
import type { TestPool } from './storage-record.js'

/** A user that may open a node file with `<auth>`. */
export interface AuthUser {
  readonly name: string
  /** Absent: the name is enough. */
  readonly password?: string
}

/** The state of one instance. `test:///default` has one per process, a node file one per connection. */
export class TestState {
  readonly services: Services
  readonly events: EventHub = new EventHub()
  readonly host: Host
  readonly domains: Registry<TestDomain>
  readonly networks: Registry<TestNetwork>
  readonly interfaces: Registry<TestInterface>
  readonly pools: Registry<TestPool>
  readonly devices: Registry<TestDevice>
  auth: readonly AuthUser[] = []
  /** What the interfaces were when the set of changes began that runs; undefined while none does. */
  interfaceBackup: readonly HostInterface[] | undefined
  #lastId = 0

  constructor(services: Services, host: Host) {
    this.services = services
    this.host = host
    this.domains = new Registry(this.events)
    this.networks = new Registry(this.events)
    this.interfaces = new Registry(this.events)
    this.pools = new Registry(this.events)
    this.devices = new Registry(this.events)
  }

  /** Grows with every change of anything. */
  get generation(): number {
    return (
      this.domains.generation +
      this.networks.generation +
      this.interfaces.generation +
      this.pools.generation +
      this.devices.generation
    )
  }

  /** The next id of a running domain. */
  nextId(): number {
    return ++this.#lastId
  }
}
