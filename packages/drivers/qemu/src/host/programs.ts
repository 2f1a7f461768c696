// SPDX-License-Identifier: LGPL-2.1-or-later
// The QEMU programs of a host, and what is known of each.
import { access, constants, readFile, stat } from 'node:fs/promises'
import { release } from 'node:os'
import { join } from 'node:path'
import { ErrorDomain, type Logger, systemFailure } from '@virt/core'
import { cpuSignature } from '@virt/linux'
import type { Native } from '@virt/native'
import { type DurableFiles, ProbeCache } from '@virt/stateful'
import { parseCaps, printCaps } from '../capabilities/cache.js'
import { noKey, type ProbeKey, type QemuCaps } from '../capabilities/caps.js'
import { kvmRunsGuests } from './kvm.js'
import { type ProbeHost, probeProgram } from './probe-process.js'

/** Version of the driver, in what is kept of a program: another version looks anew. */
const ownVersion = 11_003_000

/** QEMU's names of architectures where libvirt has others. */
const programNames: Readonly<Record<string, string>> = { i686: 'i386', armv7l: 'arm', armv6l: 'arm' }
/** Programs of a host are looked for by these, in libvirt's order. */
const architectures = (
  'alpha armv7l aarch64 cris i686 loongarch64 m68k microblaze microblazeel mips mipsel mips64 mips64el ppc ppc64 riscv32 ' +
  'riscv64 s390x sh4 sh4eb sparc sparc64 x86_64 xtensa xtensaeb'
).split(' ')

/** libvirt's name of the architecture of this process. */
export function hostArch(arch: string = process.arch): string {
  const names: Readonly<Record<string, string>> = { x64: 'x86_64', ia32: 'i686', arm64: 'aarch64', arm: 'armv7l' }
  return names[arch] ?? arch
}

/** What programs are looked for and asked with. */
export interface ProgramsOptions extends ProbeHost {
  readonly native: Native
  readonly files: DurableFiles
  readonly log: Logger
  /** Folder of what was found out. */
  readonly cache: string
  /** Folders of programs. */
  readonly path?: readonly string[]
  readonly arch?: string
}

/**
 * What is known of programs. Whoever reads a document needs it at once, so it is asked for before (`get`), and then there (`known`).
 */
export class Programs {
  readonly arch: string
  readonly #options: ProgramsOptions
  readonly #cache: ProbeCache<QemuCaps>
  readonly #known = new Map<string, QemuCaps>()
  readonly #byArch = new Map<string, string | undefined>()
  #kvm: Promise<boolean> | undefined

  constructor(options: ProgramsOptions) {
    this.#options = options
    this.arch = options.arch ?? hostArch()
    const codec = {
      suffix: '.xml',
      read: parseCaps,
      write: printCaps,
      valid: async (binary: string, caps: QemuCaps) => same(caps.key, await this.#key(binary)),
    }
    this.#cache = new ProbeCache(options.files, join(options.cache, 'capabilities'), codec, (binary) =>
      this.#probe(binary),
    )
  }

  /** Finds the programs that are there. */
  async look(): Promise<void> {
    for (const arch of architectures) this.#byArch.set(arch, await this.#find(arch))
  }

  /** The program for guests of an architecture. */
  forArch(arch: string): string | undefined {
    return this.#byArch.get(arch) ?? (arch === 'i686' ? this.#byArch.get('x86_64') : undefined)
  }

  /** Architectures that guests can have, with their programs. */
  served(): { readonly arch: string; readonly binary: string }[] {
    return architectures.flatMap((arch) => {
      const binary = this.forArch(arch)
      return binary === undefined ? [] : { arch, binary }
    })
  }

  /** What is known of a program already. */
  known(binary: string): QemuCaps | undefined {
    return this.#known.get(binary)
  }

  /**
   * What a program can do, found out if need be.
   * @throws VirtError `system-error` when there is no such program, as `probeProgram`
   */
  async get(binary: string): Promise<QemuCaps> {
    await checkProgram(binary)
    const caps = await this.#cache.get(binary)
    this.#known.set(binary, caps)
    return caps
  }

  /** Whether KVM runs guests here: a guest has to have done so, once in the life of this process. */
  kvm(): Promise<boolean> {
    this.#kvm ??= this.#tryKvm()
    return this.#kvm
  }

  async #tryKvm(): Promise<boolean> {
    const { native, clock, log, files, cache } = this.#options
    const emulator = this.forArch(this.arch)
    if (emulator === undefined || !(await openable('/dev/kvm'))) return false
    // Elsewhere there is no firmware to try; there the device has to be enough.
    if (this.arch !== 'x86_64') return true
    const note = join(cache, 'kvm-trial')
    const occasion = `${await bootId()} ${release()} ${(await timeOf(emulator)) ?? 0}`
    const [before, result] = (await readFile(note, 'utf8').catch(() => '')).split('\n')
    if (before === occasion) return result === 'works'
    const works = await kvmRunsGuests({ native, clock, emulator })
    if (!works) log.warn('KVM is there, but a guest does not run to its end with it: guests are emulated')
    await files.folder(cache)
    await files.write(note, `${occasion}\n${works ? 'works' : 'does not work'}\n`)
    return works
  }

  async #probe(binary: string): Promise<QemuCaps> {
    const kvm = await this.kvm()
    const caps = await probeProgram(this.#options, binary, kvm)
    return { ...caps, key: await this.#key(binary) }
  }

  async #key(binary: string): Promise<ProbeKey> {
    const cpuinfo = await readFile('/proc/cpuinfo', 'utf8').catch(() => '')
    return {
      ...noKey,
      binaryTime: (await timeOf(binary)) ?? 0,
      modulesTime: (await timeOf(modules)) ?? 0,
      ownVersion,
      microcode: Number(/^microcode\s*:\s*(\S+)$/m.exec(cpuinfo)?.[1] ?? 0),
      cpuSignature: cpuSignature(cpuinfo, this.arch) ?? '',
      kernel: release(),
      kvm: await this.kvm(),
    }
  }

  async #find(arch: string): Promise<string | undefined> {
    const { path = ['/usr/local/bin', '/usr/bin', '/bin', '/usr/libexec'] } = this.#options
    const names = [`qemu-system-${programNames[arch] ?? arch}`, ...(arch === this.arch ? ['qemu-kvm'] : [])]
    for (const name of names)
      for (const folder of path) {
        const file = join(folder, name)
        if (await executable(file)) return file
      }
    return undefined
  }
}

const modules = '/usr/lib/x86_64-linux-gnu/qemu'

function same(a: ProbeKey, b: ProbeKey): boolean {
  return (Object.keys(a) as (keyof ProbeKey)[]).every((name) => a[name] === b[name])
}

async function executable(file: string): Promise<boolean> {
  return await access(file, constants.X_OK).then(
    () => true,
    () => false,
  )
}

/** @throws VirtError for what is no program */
async function checkProgram(file: string): Promise<void> {
  const failed = (error: unknown, what: string): Error => systemFailure(error, ErrorDomain.QEMU, what)
  const found = await stat(file).catch((error: unknown) => {
    throw failed(error, `Cannot check QEMU binary ${file}`)
  })
  if (found.isFile() && (await executable(file))) return
  throw failed({ code: found.isDirectory() ? 'EISDIR' : 'EACCES' }, `QEMU binary ${file} is not executable`)
}

async function openable(file: string): Promise<boolean> {
  return await access(file, constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  )
}

/** Seconds since the epoch. */
async function timeOf(file: string): Promise<number | undefined> {
  const { ctimeMs } = (await stat(file).catch(() => undefined)) ?? {}
  return ctimeMs === undefined ? undefined : Math.floor(ctimeMs / 1000)
}

async function bootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')).trim()
}
