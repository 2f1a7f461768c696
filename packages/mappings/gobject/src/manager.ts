// SPDX-License-Identifier: LGPL-2.1-or-later
// Several connections together.
import type { Connection } from './connection.js'
import { GObject, type SignalInfo } from './object.js'

/** Signals of a manager. */
export type ManagerSignals = {
  'connection-added': readonly [connection: Connection]
  'connection-removed': readonly [connection: Connection]
}

/**
 * Several connections together.
 * @since 0.1.0, `GVirManager`
 */
export class Manager extends GObject<ManagerSignals> {
  static override readonly signals: Readonly<Record<string, SignalInfo>> = {
    'connection-added': { run: 'first' },
    'connection-removed': { run: 'first' },
  }
  readonly #connections = new Set<Connection>()

  get connections(): Connection[] {
    return [...this.#connections]
  }

  /** `gvir_manager_add_connection` */
  addConnection(connection: Connection): void {
    if (this.#connections.has(connection)) return
    this.#connections.add(connection)
    this.emit('connection-added', [connection])
  }

  /** `gvir_manager_remove_connection` */
  removeConnection(connection: Connection): void {
    if (this.#connections.delete(connection)) this.emit('connection-removed', [connection])
  }

  /** `gvir_manager_find_connection_by_uri` */
  findConnectionByUri(uri: string): Connection | undefined {
    return this.connections.find((connection) => connection.uri === uri)
  }
}
