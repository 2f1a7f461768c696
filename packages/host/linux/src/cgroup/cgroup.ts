// SPDX-License-Identifier: LGPL-2.1-or-later
// Control groups: one name in all trees of the host, of whatever version each is.
import { constants } from 'node:fs'
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type CgroupMounts, cgroupMounts } from '../cgroup-mounts.js'

/** What a group can be set by. */
export type Controller = 'cpu' | 'cpuacct' | 'cpuset' | 'memory' | 'devices' | 'freezer' | 'blkio'

/** A tree with what it decides on. */
interface Tree {
  readonly mount: string
  readonly version: 1 | 2
  readonly controllers: ReadonlySet<Controller>
}

const controllerNames: readonly Controller[] = ['cpu', 'cpuacct', 'cpuset', 'memory', 'devices', 'freezer', 'blkio']
/** What version 2 calls them. CPU time is counted in every group. */
const unifiedNames: Partial<Record<Controller, string>> = {
  cpu: 'cpu',
  cpuset: 'cpuset',
  memory: 'memory',
  blkio: 'io',
}
/** What threads of one process can differ in. */
const ofThreads: ReadonlySet<Controller> = new Set(['cpu', 'cpuacct', 'cpuset'])

/** The kernel's files are there, or never will be. */
const existing = { flag: constants.O_WRONLY | constants.O_TRUNC }

/** Milliseconds between attempts to remove a group whose last process is about to vanish. */
const removalPauses = [1, 4, 20, 50, 100, 200]

async function textOf(path: string): Promise<string | undefined> {
  return await readFile(path, 'utf8').then(
    (text) => text.trim(),
    () => undefined,
  )
}

/** The groups of a host. */
export class CgroupHost {
  readonly trees: readonly Tree[]

  private constructor(trees: readonly Tree[]) {
    this.trees = trees
  }

  /**
   * Finds the host's trees.
   * @param allowed controllers that may be used; all when absent
   * @param files texts of `/proc/self/mounts` and `/proc/self/cgroup`
   * @since 0.1.0, `virCgroupNew`
   */
  static async open(
    allowed: readonly string[] | undefined,
    files?: { readonly mounts: string; readonly groups: string },
  ): Promise<CgroupHost> {
    const mounts = files?.mounts ?? (await textOf('/proc/self/mounts')) ?? ''
    const groups = files?.groups ?? (await textOf('/proc/self/cgroup')) ?? ''
    const found = cgroupMounts(mounts, groups)
    const may = (name: Controller): boolean => allowed === undefined || allowed.includes(name)
    return new CgroupHost([...(await unifiedTree(found, may)), ...legacyTrees(found, may)])
  }

  /** Whether there is a tree at all. */
  get available(): boolean {
    return this.trees.length > 0
  }

  has(controller: Controller): boolean {
    return this.trees.some((tree) => tree.controllers.has(controller))
  }

  /** A group by its path from the top; it need not be there. */
  group(path: string): Cgroup {
    return new Cgroup(path, this.trees)
  }
}

async function unifiedTree({ unified }: CgroupMounts, may: (name: Controller) => boolean): Promise<Tree[]> {
  if (unified === undefined) return []
  const there = new Set(((await textOf(join(unified.mount, 'cgroup.controllers'))) ?? '').split(' '))
  const usable = controllerNames.filter((name) => there.has(unifiedNames[name] ?? '-') && may(name))
  if (usable.includes('cpu') && may('cpuacct')) usable.push('cpuacct')
  // differs: beside version 1 a tree without anything of ours is left alone.
  return usable.length === 0 ? [] : [{ mount: unified.mount, version: 2, controllers: new Set(usable) }]
}

function legacyTrees({ controllers, devices }: CgroupMounts, may: (name: Controller) => boolean): Tree[] {
  const byMount = new Map<string, Set<Controller>>()
  for (const name of controllerNames) {
    const tree = name === 'devices' ? devices : controllers.get(name)
    if (tree === undefined || !may(name)) continue
    byMount.set(tree.mount, (byMount.get(tree.mount) ?? new Set()).add(name))
  }
  return [...byMount].map(([mount, names]) => ({ mount, version: 1, controllers: names }))
}

/**
 * One group, in all trees that it is in.
 * @since 0.1.0, `virCgroup`
 */
export class Cgroup {
  /** From the top of each tree. */
  readonly path: string
  readonly #trees: readonly Tree[]

  constructor(path: string, trees: readonly Tree[]) {
    this.path = path
    this.#trees = trees
  }

  has(controller: Controller): boolean {
    return this.#trees.some((tree) => tree.controllers.has(controller))
  }

  /** Which version decides on a controller here. */
  version(controller: Controller): 1 | 2 | undefined {
    return this.#trees.find((tree) => tree.controllers.has(controller))?.version
  }

  /** A group below, of processes. */
  child(name: string): Cgroup {
    return new Cgroup(join(this.path, name), this.#trees)
  }

  /** A group below, of threads: in those trees alone where threads of one process can differ. */
  threads(name: string): Cgroup {
    const trees = this.#trees.filter((tree) => [...tree.controllers].some((one) => ofThreads.has(one)))
    return new Cgroup(join(this.path, name), trees)
  }

  /** Its folders, by tree. */
  get folders(): string[] {
    return this.#trees.map((tree) => this.#folder(tree))
  }

  /**
   * Where a new process joins it from its beginning, and one of its groups of threads.
   * @returns what `spawn` takes
   */
  entries(threads?: Cgroup): (string | { readonly threads: string })[] {
    return this.#trees.flatMap((tree) => {
      const below = threads?.folderIn(tree)
      if (below === undefined) return [this.#folder(tree)]
      return tree.version === 1 ? [below] : [this.#folder(tree), { threads: below }]
    })
  }

  /**
   * Makes it.
   * @param ofThreads it is a group of threads
   * @throws what the system says: EACCES, EROFS, ENOENT where the group above is not there
   */
  async make(ofThreads = false): Promise<void> {
    for (const tree of this.#trees) await this.#makeIn(tree, ofThreads)
  }

  /** Whether it is there in some tree. */
  async exists(): Promise<boolean> {
    const found = await Promise.all(this.#trees.map((tree) => textOf(join(this.#folder(tree), 'cgroup.procs'))))
    return found.some((text) => text !== undefined)
  }

  /** What a file of a controller says; undefined where there is none. */
  async read(controller: Controller, file: string): Promise<string | undefined> {
    const path = this.#file(controller, file)
    return path === undefined ? undefined : await textOf(path)
  }

  /** Sets a file of a controller. @throws what the system says, with `file`, `value` and `path`; ENXIO where there is no such controller */
  async write(controller: Controller, file: string, value: string): Promise<void> {
    const path = this.#file(controller, file)
    if (path === undefined)
      throw Object.assign(new Error(`no controller '${controller}' is there`), { code: 'ENXIO', errno: -6 })
    await writeFile(path, value, existing).catch((error: unknown) => {
      throw Object.assign(error as Error, { file, value, path })
    })
  }

  /** Takes a thread in, of a process that is in the group above. */
  async addThread(thread: number): Promise<void> {
    for (const tree of this.#trees) {
      const file = tree.version === 1 ? 'tasks' : 'cgroup.threads'
      await writeFile(join(this.#folder(tree), file), String(thread), existing)
    }
  }

  /** Names of the groups below, in any tree. */
  async children(): Promise<string[]> {
    const entries = await Promise.all(
      this.folders.map((folder) => readdir(folder, { withFileTypes: true }).catch(() => [])),
    )
    return [...new Set(entries.flat().flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])))]
  }

  /** Removes it with the groups below, which hold no others. What cannot be removed stays. */
  async remove(): Promise<void> {
    for (const tree of this.#trees) {
      const folder = this.#folder(tree)
      const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
      for (const entry of entries) if (entry.isDirectory()) await removeFolder(join(folder, entry.name))
      await removeFolder(folder)
    }
  }

  /** Its folder in a tree; undefined where it is not in it. */
  private folderIn(tree: Tree): string | undefined {
    return this.#trees.includes(tree) ? this.#folder(tree) : undefined
  }

  #folder({ mount }: Tree): string {
    return join(mount, this.path)
  }

  #file(controller: Controller, file: string): string | undefined {
    const tree = this.#trees.find((one) => one.controllers.has(controller))
    return tree === undefined ? undefined : join(this.#folder(tree), file)
  }

  async #makeIn(tree: Tree, threaded: boolean): Promise<void> {
    const folder = this.#folder(tree)
    const above = dirname(folder)
    if (tree.version === 2) await delegate(tree, above, threaded)
    await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
    if (tree.version === 2) {
      if (threaded) await writeFile(join(folder, 'cgroup.type'), 'threaded', existing)
      return
    }
    // A new group of version 1 has no processors and no memory to run with.
    if (tree.controllers.has('cpuset'))
      for (const file of ['cpuset.cpus', 'cpuset.mems']) {
        const own = await textOf(join(folder, file))
        const value = await textOf(join(above, file))
        if (own === '' && value) await writeFile(join(folder, file), value, existing)
      }
    if (tree.controllers.has('memory'))
      await writeFile(join(folder, 'memory.use_hierarchy'), '1', existing).catch(() => {})
  }
}

/** Lets groups below one have the controllers of the tree. Those that it has not itself are passed over. */
async function delegate({ controllers }: Tree, folder: string, threaded: boolean): Promise<void> {
  const there = new Set(((await textOf(join(folder, 'cgroup.controllers'))) ?? '').split(' '))
  for (const name of controllers) {
    const unified = unifiedNames[name]
    if (unified === undefined || !there.has(unified) || (threaded && !ofThreads.has(name))) continue
    await writeFile(join(folder, 'cgroup.subtree_control'), `+${unified}`, existing)
  }
}

async function removeFolder(folder: string): Promise<void> {
  for (const pause of removalPauses) {
    const code = await rmdir(folder).then(
      () => 'ENOENT',
      (error: NodeJS.ErrnoException) => error.code,
    )
    if (code !== 'EBUSY' && code !== 'ENOTEMPTY') return
    await new Promise((resolve) => setTimeout(resolve, pause))
  }
}
