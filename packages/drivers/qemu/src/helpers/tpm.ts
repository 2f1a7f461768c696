// SPDX-License-Identifier: LGPL-2.1-or-later
// TPMs by swtpm: their state, which outlasts the guest's runs, and the program.
import { writeSync } from 'node:fs'
import { access, chown, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Domain, Tpm } from '@virt/conf'
import type { Descriptor } from '@virt/native'
import type { SecretReference } from '../command/secrets.js'
import { configUnsupported } from '../errors.js'
import type { QemuState } from '../state.js'
import { findProgram } from './find.js'
import { type HelperProgram, runHelper, startHelper } from './program.js'
import { plainValue } from './secret-values.js'

type Emulated = Extract<Tpm['backend'], { type: 'emulator' }>

/** The emulated TPM of a guest. */
export function emulatedTpm({ devices }: Domain): (Tpm & { readonly backend: Emulated }) | undefined {
  return devices?.tpms.find((one): one is Tpm & { backend: Emulated } => one.backend.type === 'emulator')
}

const isOld = ({ version }: Emulated): boolean => version === '1.2'

/** Folder of a guest's TPMs. */
export function tpmFolder({ paths }: QemuState, uuid: string): string {
  return join(paths.swtpm, uuid)
}

/** Where the state of a TPM is. */
function stateFolder(state: QemuState, { uuid = '' }: Domain, backend: Emulated): string {
  const { source } = backend
  if (source?.type === 'dir' && source.path !== undefined) return source.path
  return join(tpmFolder(state, uuid), isOld(backend) ? 'tpm1.2' : 'tpm2')
}

/** As whom swtpm runs: a user that has nothing else. */
async function owner({ native, settings, security }: QemuState): Promise<{ uid: number; gid: number } | undefined> {
  if (security.owner === undefined) return undefined
  const [user, group] = await Promise.all([
    native.users.user(settings.swtpm_user),
    native.users.group(settings.swtpm_group),
  ])
  if (user === undefined || group === undefined)
    throw configUnsupported(`user '${settings.swtpm_user}' or group '${settings.swtpm_group}' of swtpm does not exist`)
  return { uid: user.uid, gid: group.gid }
}

/** What of a TPM is not done yet. @throws VirtError */
function check({ profile, active_pcr_banks, source }: Emulated): void {
  if (profile !== undefined) throw configUnsupported('TPM profiles are not supported by this driver yet')
  if (active_pcr_banks !== undefined)
    throw configUnsupported('a choice of PCR banks is not supported by this driver yet')
  if (source?.type === 'file') throw configUnsupported('TPM state in a single file is not supported by this driver yet')
}

/** The secret that the state of a TPM is encrypted with. */
function keyOf(uuid: string): SecretReference {
  return { type: 'vtpm', uuid }
}

/** A passphrase as programs are told it: by pipes, where nobody sees it. A passphrase is less than a pipe holds. */
class KeyPipes implements Disposable {
  readonly #ends: Descriptor[] = []

  constructor({ native }: QemuState, key: Uint8Array | undefined, count = 1) {
    for (let i = 0; i < (key === undefined ? 0 : count); i++) {
      const [read, write] = native.processes.pipe()
      this.#ends.push(read)
      try {
        writeSync(write.fd, key ?? new Uint8Array())
      } finally {
        write.close()
      }
    }
  }

  get fds(): number[] {
    return this.#ends.map(({ fd }) => fd)
  }

  /** Arguments with the descriptors that the program has; none without a passphrase. @param first number of the first */
  args(first: number, make: (...fds: string[]) => string[]): string[] {
    return this.#ends.length === 0 ? [] : make(...this.#ends.map((_, i) => String(first + i)))
  }

  [Symbol.dispose](): void {
    for (const end of this.#ends) end.close()
  }
}

/**
 * Starts the TPM of a guest; its state is made when there is none.
 * @param listener a socket that listens, as descriptor 3 of the program
 * @throws VirtError when swtpm is not there or does not start
 */
export async function startTpm(
  state: QemuState,
  document: Domain,
  lib: string,
  listener: { readonly fd: number },
): Promise<void> {
  const tpm = emulatedTpm(document)
  if (tpm === undefined) return
  const { backend } = tpm
  check(backend)
  const { name = '', uuid = '' } = document
  const key = backend.encryption === undefined ? undefined : await plainValue(state, keyOf(backend.encryption))
  const identity = await owner(state)
  const options: HelperProgram['options'] = identity === undefined ? {} : { ...identity, groups: [identity.gid] }
  const folder = stateFolder(state, document, backend)
  const version = isOld(backend) ? [] : ['--tpm2']
  const fresh = await access(folder).then(
    () => false,
    () => true,
  )
  if (fresh) {
    await mkdir(state.paths.swtpm, { recursive: true, mode: 0o711 })
    await mkdir(folder, { recursive: true, mode: 0o700 })
    if (identity !== undefined)
      for (const path of [tpmFolder(state, uuid), folder])
        await chown(path, identity.uid, identity.gid).catch(ignoreMissing)
    using told = new KeyPipes(state, key)
    try {
      await runHelper(state, name, {
        name: 'swtpm-setup',
        file: await findProgram('swtpm_setup'),
        args: [
          ...version,
          '--tpm-state',
          folder,
          '--vmid',
          `${name}:${uuid}`,
          '--createek',
          '--create-ek-cert',
          '--create-platform-cert',
          '--lock-nvram',
          '--not-overwrite',
          ...told.args(3, (fd) => ['--pwdfile-fd', fd, '--cipher', 'aes-256-cbc']),
        ],
        options,
        fds: told.fds,
      })
    } catch (error) {
      await rm(folder, { recursive: true, force: true })
      throw error
    }
  }
  // One for what it keeps, one for what it sends when the guest migrates.
  using told = new KeyPipes(state, key, 2)
  await startHelper(state, name, lib, {
    name: 'swtpm',
    file: await findProgram('swtpm'),
    args: [
      'socket',
      '--ctrl',
      'type=unixio,fd=3',
      '--tpmstate',
      `dir=${folder},mode=0600`,
      '--terminate',
      ...version,
      ...(backend.debug === undefined ? [] : ['--log', `level=${backend.debug}`]),
      ...told.args(4, (own, migration) => [
        '--key',
        `pwdfd=${own},mode=aes-256-cbc`,
        '--migration-key',
        `pwdfd=${migration},mode=aes-256-cbc`,
      ]),
    ],
    options,
    fds: [listener.fd, ...told.fds],
  })
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}

/** Removes the state of a guest's TPM, where it has one: the guest is no more. */
export async function removeTpm(state: QemuState, document: Domain): Promise<void> {
  const { uuid = '' } = document
  if (uuid !== '' && emulatedTpm(document) !== undefined)
    await rm(tpmFolder(state, uuid), { recursive: true, force: true })
}

/** Whether the state of a guest's TPM is to outlast a guest that was never defined. */
export function keepsTpm(document: Domain): boolean {
  return emulatedTpm(document)?.backend.persistent_state === true
}
