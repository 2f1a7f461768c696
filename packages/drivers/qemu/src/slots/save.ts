// SPDX-License-Identifier: LGPL-2.1-or-later
// Saving guests to files and having them go on from there.
import { checkAbiStability, type Domain } from '@virt/conf'
import {
  type Call,
  type ParamShape,
  permitted,
  type Resolvers,
  type SlotMethods,
  type SlotTable,
  type TypedParams,
} from '@virt/core'
import { type AsyncJob, Param, paramShape, readParams, requireActive } from '@virt/stateful'
import { alreadyActive, owner, recordFor, subjectOf } from '../domain/owner.js'
import type { QemuDomain } from '../domain/record.js'
import { badArgument, invalidArg, operationFailed, operationInvalid } from '../errors.js'
import { starting } from '../process/start.js'
import { savedCpu } from '../save/cookie.js'
import { type SaveImage, UselessImage } from '../save/header.js'
import { openImage, readImage, rewriteImage } from '../save/image-file.js'
import { managedFolder, managedPath, removeManaged } from '../save/managed.js'
import { documentOf, restoreGuest } from '../save/restore.js'
import { formatOf, imageText, namedFormat, saveGuest } from '../save/save.js'
import type { QemuState } from '../state.js'

/** `virDomainSaveRestoreFlags` */
const Flag = { bypassCache: 1, running: 2, paused: 4, resetNvram: 8 } as const
const secure = 1
const saveFlags = Flag.bypassCache | Flag.running | Flag.paused

export const saveSupport: SlotTable = {
  domainSave: {},
  domainSaveFlags: { flags: saveFlags, fn: 'qemuDomainSaveFlags' },
  domainSaveParams: { flags: saveFlags, fn: 'qemuDomainSaveParams' },
  domainRestore: {},
  domainRestoreFlags: { flags: saveFlags | Flag.resetNvram, fn: 'qemuDomainRestoreInternal' },
  domainRestoreParams: { flags: saveFlags | Flag.resetNvram, fn: 'qemuDomainRestoreInternal' },
  domainSaveImageGetXMLDesc: { flags: secure, fn: 'qemuDomainSaveImageGetXMLDesc' },
  domainSaveImageDefineXML: { flags: Flag.running | Flag.paused, fn: 'qemuDomainSaveImageDefineXML' },
  domainManagedSave: { flags: saveFlags, fn: 'qemuDomainManagedSave' },
  domainManagedSaveRemove: { flags: 0, fn: 'qemuDomainManagedSaveRemove' },
  domainManagedSaveGetXMLDesc: { flags: secure, fn: 'qemuDomainManagedSaveGetXMLDesc' },
  // Its flags are looked at once there is an image.
  domainManagedSaveDefineXML: {},
}

/** How many write or read at a time. */
const channels = 'parallel.channels'
const saveShape: ParamShape = paramShape({
  file: Param.string,
  dxml: Param.string,
  image_format: Param.string,
  [channels]: Param.int,
})
const restoreShape: ParamShape = paramShape({ file: Param.string, dxml: Param.string, [channels]: Param.int })

/** What flags say of how it goes on; undefined: as it was. */
function wantsRunning(flags: number): boolean | undefined {
  if (flags & Flag.running) return true
  return flags & Flag.paused ? false : undefined
}

/** What an image is to the caller. @throws VirtError when it was cut off */
async function image<T>(reading: Promise<T>): Promise<T> {
  return await reading.catch((error: unknown) => {
    if (error instanceof UselessImage) throw operationFailed(error.message)
    throw error
  })
}

async function save(
  state: QemuState,
  call: Call,
  domain: QemuDomain,
  path: string,
  dxml: string | undefined,
  flags: number,
  wanted: { readonly format?: string | undefined; readonly parallel?: boolean } = {},
): Promise<void> {
  const format = wanted.format === undefined ? undefined : namedFormat(wanted.format)
  requireActive(domain)
  if (wanted.parallel === true) throw invalidArg("Parallel save is only supported with the 'sparse' save image format")
  await saveGuest(state, call, domain, {
    path,
    dxml,
    bypassCache: (flags & Flag.bypassCache) !== 0,
    running: wantsRunning(flags),
    format: format ?? formatOf(state.settings.save_image_format, 'save'),
    flags,
  })
}

async function managedSave(state: QemuState, call: Call, domain: QemuDomain, flags: number): Promise<void> {
  requireActive(domain)
  if (!domain.persistent) throw operationInvalid('cannot do managed save for transient domain')
  await state.files.folder(managedFolder(state), 0o700)
  await save(state, call, domain, managedPath(state, domain), undefined, flags)
  state.domains.change(domain, () => {
    domain.managedSave = true
  })
}

async function restore(
  state: QemuState,
  call: Call,
  path: string,
  dxml: string | undefined,
  flags: number,
): Promise<void> {
  const opened = await image(openImage(path))
  try {
    const document = await documentOf(state, opened.image, dxml)
    const liveCpu = savedCpu(opened.image)
    await permitted(call, subjectOf(document), flags, async () => {
      const existing = owner(state, document, true)
      const domain = existing ?? recordFor(state, document)
      if (existing === undefined) state.domains.add(domain)
      await domain.jobs.runAsync(call, starting, async (job: AsyncJob) => {
        if (domain.active) throw alreadyActive(domain)
        if (existing !== undefined)
          state.domains.change(domain, () => {
            if (domain.persistent) domain.keepNext()
            domain.def = document
          })
        await restoreGuest(state, domain, job, opened, {
          running: wantsRunning(flags) ?? opened.image.running,
          liveCpu,
          resetVariables: (flags & Flag.resetNvram) !== 0,
        })
      })
    })
  } finally {
    await opened.file.close()
  }
}

function describe(state: QemuState, document: Domain, flags: number): string {
  return state.documents.print(document, -1, { inactive: true, secure: (flags & secure) !== 0 })
}

/** An image with another document, or another state. */
async function redefine(
  state: QemuState,
  call: Call,
  path: string,
  dxml: string | undefined,
  flags: number,
): Promise<void> {
  const before = await state.readKept((await image(readImage(path))).xml)
  await permitted(call, subjectOf(before), flags, async () => {
    const document = dxml === undefined ? before : await state.read(dxml)
    checkAbiStability(before, document)
    const change = (found: SaveImage): SaveImage => ({
      ...found,
      xml: imageText(state, document),
      running: wantsRunning(flags) ?? found.running,
    })
    await rewriteImage(path, change)
  })
}

function requireManaged({ managedSave: has }: QemuDomain): void {
  if (!has) throw operationInvalid('domain does not have managed save image')
}

async function saveByParams(
  state: QemuState,
  call: Call,
  domain: QemuDomain,
  params: TypedParams,
  flags: number,
): Promise<void> {
  const given = readParams(params, saveShape)
  const text = (name: string): string | undefined => given.get(name) as string | undefined
  const file = text('file')
  const count = given.get(channels)
  if (count !== undefined && Number(count) < 1)
    throw invalidArg('number of parallel save channels cannot be less than 1')
  const wanted = { format: text('image_format'), parallel: count !== undefined }
  if (file !== undefined) return await save(state, call, domain, file, text('dxml'), flags, wanted)
  if (given.has('dxml')) throw invalidArg("parameter 'dxml' cannot be used without parameter 'file'")
  await managedSave(state, call, domain, flags)
}

export function saveSlots(state: QemuState): SlotMethods & Resolvers {
  return {
    domainSave: (call, domain: QemuDomain, to) => save(state, call, domain, to, undefined, 0),
    domainSaveFlags: (call, domain: QemuDomain, to, dxml, flags) => save(state, call, domain, to, dxml, flags),
    domainSaveParams: (call, domain: QemuDomain, params, flags) => saveByParams(state, call, domain, params, flags),
    domainRestore: (call, from) => restore(state, call, from, undefined, 0),
    domainRestoreFlags: (call, from, dxml, flags) => restore(state, call, from, dxml, flags),
    async domainRestoreParams(call, params, flags) {
      const given = readParams(params, restoreShape)
      const file = given.get('file') as string | undefined
      if (file === undefined) throw invalidArg('missing path to restore from')
      await restore(state, call, file, given.get('dxml') as string | undefined, flags)
    },
    async domainSaveImageGetXMLDesc(call, file, flags) {
      const document = await state.readKept((await image(readImage(file))).xml)
      return await permitted(call, subjectOf(document), flags, () => describe(state, document, flags))
    },
    domainSaveImageDefineXML: (call, file, dxml, flags) => redefine(state, call, file, dxml, flags),
    domainManagedSave: (call, domain: QemuDomain, flags) => managedSave(state, call, domain, flags),
    async domainManagedSaveRemove(call, domain: QemuDomain) {
      await domain.jobs.run(call, 'modify', () => removeManaged(state, domain))
    },
    async domainManagedSaveGetXMLDesc(_call, domain: QemuDomain, flags) {
      requireManaged(domain)
      const { xml } = await image(readImage(managedPath(state, domain)))
      return describe(state, await state.readKept(xml), flags)
    },
    async domainManagedSaveDefineXML(call, domain: QemuDomain, dxml, flags) {
      requireManaged(domain)
      const unknown = (flags & ~(Flag.running | Flag.paused)) >>> 0
      const fn = 'qemuDomainSaveImageDefineXML'
      if (unknown !== 0)
        throw badArgument(`unsupported flags (0x${unknown.toString(16)}) in function ${fn}`, fn, 'flags')
      await redefine(state, call, managedPath(state, domain), dxml, flags)
    },
  }
}
