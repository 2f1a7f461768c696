// SPDX-License-Identifier: LGPL-2.1-or-later
// One instance of the driver: all that its connections share.
import { setMaxListeners } from 'node:events'
import { dirname, join } from 'node:path'
import type { Domain, QemuHost } from '@virt/conf'
import { type Answer, ErrorDomain, EventHub, type Services } from '@virt/core'
import { type CgroupHost, HostSleep } from '@virt/linux'
import type { Native } from '@virt/native'
import { DocumentFolder, DurableFiles, Hooks, Jobs, ObjectLog, Registry } from '@virt/stateful'
import { Documents } from './domain/document.js'
import type { QemuDomain } from './domain/record.js'
import type { HostProcessor } from './domain-capabilities/cpu-modes.js'
import { type Firmware, parseFirmware } from './firmware/firmware.js'
import { interopFolders, readInterop } from './firmware/interop.js'
import { documentHost, MissingPrograms } from './host/document-host.js'
import { hostUuid } from './host/host-uuid.js'
import { type Limits, readLogLimits, usualLimits } from './host/log-limits.js'
import type { DriverPaths } from './host/paths.js'
import { Ports } from './host/ports.js'
import { readProcessor } from './host/processor.js'
import { Programs } from './host/programs.js'
import { runOfHost } from './host/run-program.js'
import { readSettings, type Settings } from './host/settings.js'
import type { Security } from './security/security.js'

/** What an instance is made with. */
export interface StateOptions {
  readonly services: Services
  readonly native: Native
  readonly paths: DriverPaths
  readonly settings: Settings
  readonly security: Security
  /** Undefined where no groups are to be made. */
  readonly cgroups: CgroupHost | undefined
}

/** A descriptor of firmware with its file. */
type FoundFirmware = Firmware & { readonly path: string }

/** The state of one instance. */
export class QemuState {
  readonly services: Services
  readonly native: Native
  readonly paths: DriverPaths
  readonly events: EventHub = new EventHub({ monitor: true })
  readonly files: DurableFiles
  /** Definitions on disk. */
  readonly configs: DocumentFolder
  /** What is known of guests that run, on disk. */
  readonly statuses: DocumentFolder
  readonly domains: Registry<QemuDomain>
  readonly programs: Programs
  readonly documents: Documents
  readonly hooks: Hooks
  readonly ports: Ports
  /** Ports of guests that arrive. */
  readonly migrationPorts: Ports
  /** Why guests that were to arrive did not, by name: whoever asks for them learns it. */
  readonly arrivalErrors: Map<string, Error> = new Map()
  readonly security: Security
  readonly cgroups: CgroupHost | undefined
  /** Ends a migration that has come to its end when nobody was there to end it any more. */
  completeUnattended: (domain: QemuDomain) => void = () => {}
  settings: Settings
  /** How much is kept of what guests say. */
  logLimits: Limits = usualLimits
  /** The host's own UUID. */
  readonly hostUuid: Promise<string>
  firmwares: readonly FoundFirmware[] = []
  /** The host as documents see it. */
  readonly host: QemuHost
  /** The host's own sleep. */
  readonly sleep: HostSleep
  readonly #missing: MissingPrograms
  readonly #closing = new AbortController()
  #lastId = 0
  #processor: Promise<HostProcessor> | undefined

  constructor({ services, native, paths, settings, security, cgroups }: StateOptions) {
    this.services = services
    this.security = security
    this.cgroups = cgroups
    // As many guests as there are.
    setMaxListeners(0, this.#closing.signal)
    this.native = native
    this.paths = paths
    this.settings = settings
    this.hostUuid = hostUuid(services)
    const { clock, log } = services
    const problem = (path: string, error: unknown): void => log.error(`${path}: ${(error as Error).message}`)
    this.files = new DurableFiles({ clock, replacing: native.replacing, problem })
    const { files } = this
    this.configs = new DocumentFolder(files, {
      folder: paths.config,
      autostart: paths.autostart,
      editor: 'virsh edit',
      problem,
    })
    // Guests end with the machine.
    this.statuses = new DocumentFolder(files, { folder: paths.run, volatile: true, problem })
    this.domains = new Registry(this.events, { changed: (domain) => domain.status?.changed(), removed() {} })
    this.programs = new Programs({ native, clock, files, log, cache: paths.cache })
    this.#missing = new MissingPrograms()
    this.host = documentHost({
      programs: this.programs,
      paths,
      settings: () => this.settings,
      firmwares: () => this.firmwares,
      missing: this.#missing,
    })
    this.documents = new Documents(this.host, security.models[0]?.model ?? 'none')
    this.sleep = new HostSleep(runOfHost, clock)
    this.hooks = new Hooks(paths.hooks, 'qemu')
    this.ports = new Ports('display', settings.remote_display_port_min, settings.remote_display_port_max)
    this.migrationPorts = new Ports('migration', settings.migration_port_min, settings.migration_port_max)
  }

  /** The host's processor; it is asked once. */
  processor(): Promise<HostProcessor> {
    this.#processor ??= readProcessor(this.native, this.programs.arch, this.services.log)
    return this.#processor
  }

  /** Makes the folders, and finds programs and firmware. */
  async prepare(): Promise<void> {
    const { files, paths } = this
    for (const folder of [paths.lib, paths.cache, paths.log, paths.channels]) await files.folder(folder, 0o711)
    // Guests' processes write there, or make sockets.
    const shared = ['nvram', 'save', 'dump', 'snapshot', 'ram'].map((name) => join(paths.lib, name))
    for (const folder of shared) await files.folder(folder)
    await this.security.share(paths.lib, paths.channels, ...shared)
    this.logLimits = await this.#readLogLimits()
    await Promise.all([this.configs.prepare(), this.statuses.prepare(), this.programs.look(), this.findFirmware()])
  }

  /** Reads the descriptors of firmware anew. */
  async findFirmware(): Promise<void> {
    const { paths, services } = this
    const folders = interopFolders('firmware', paths.place !== 'session')
    const found = await readInterop(folders, parseFirmware, (path, error) =>
      services.log.warn(`${path}: ${(error as Error).message}`),
    )
    this.firmwares = found.map(({ path, value }) => ({ ...value, path }))
  }

  async reload(): Promise<void> {
    this.settings = await readSettings(this.paths)
    this.logLimits = await this.#readLogLimits()
    await this.findFirmware()
  }

  async #readLogLimits(): Promise<Limits> {
    return await readLogLimits(dirname(this.paths.settings), this.settings.stdio_handler)
  }

  /** A log below the driver's folder. @param name without its suffix */
  log(name: string): ObjectLog {
    return new ObjectLog(join(this.paths.log, `${name}.log`), this.logLimits)
  }

  /** Fires when the instance ends, whose guests run on. */
  get closing(): AbortSignal {
    return this.#closing.signal
  }

  /** Lets go of the guests that run: nobody looks after them until the next instance does. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('the driver has ended'))
    for (const { status, run } of this.domains.values()) {
      await status?.saved().catch(() => {})
      run?.agent?.close()
      run?.monitor.close()
      run?.process.close()
      run?.logs[Symbol.dispose]()
    }
    await this.files.settled()
  }

  /** The next number of a guest that runs. */
  nextId(): number {
    return ++this.#lastId
  }

  /** A number is in use by a guest of before. */
  usedId(id: number): void {
    this.#lastId = Math.max(this.#lastId, id)
  }

  /** The jobs of a guest. */
  jobsFor(changed: () => void): Jobs {
    const { max_queued: limit } = this.settings
    const context = {
      clock: this.services.clock,
      domain: ErrorDomain.QEMU,
      ...(limit > 0 ? { queueLimit: limit } : {}),
    }
    return new Jobs(context, changed)
  }

  /**
   * Reads a definition from a client. What it asks of its program is found out first, where it is not known yet.
   * @throws VirtError with what is wrong in it
   */
  read(xml: string): Answer<Domain> {
    return this.#withPrograms(() => this.documents.parse(xml))
  }

  /**
   * Reads a definition that a guest is made of: as `read`, and what has no choice made for it gets today's.
   * @param schema check it against libvirt's grammar
   * @throws VirtError with what is wrong in it
   */
  readNew(xml: string, schema: boolean): Answer<Domain> {
    return this.#withPrograms(() => this.documents.parse(xml, { abiUpdate: true, validate: schema }))
  }

  /** Reads a document that the driver wrote, of a guest that is not at work: as `read`, but what this host lacks is no matter. */
  readKept(xml: string): Answer<Domain> {
    return this.#withPrograms(() => this.documents.load(xml))
  }

  /** Reads again where it turns out that a program has to be asked first. */
  #withPrograms(parse: () => Domain): Answer<Domain> {
    this.#missing.take()
    try {
      const document = parse()
      if (!this.#missing.any) return document
    } catch (error) {
      if (!this.#missing.any) throw error
    }
    return this.#askAndRead(this.#missing.take(), parse)
  }

  async #askAndRead(programs: readonly string[], parse: () => Domain): Promise<Domain> {
    for (const binary of programs) await this.programs.get(binary)
    return await this.#withPrograms(parse)
  }
}
