// SPDX-License-Identifier: LGPL-2.1-or-later
// Saving: the guest stands still, its state goes to a file, its process ends.
import type { FileHandle } from 'node:fs/promises'
import { checkAbiStability, type Domain } from '@virt/conf'
import { type Call, ErrorDomain, systemFailure } from '@virt/core'
import { type AsyncKind, asyncKind, type JobKind, requireActive } from '@virt/stateful'
import { movable } from '../domain/movable.js'
import type { QemuDomain } from '../domain/record.js'
import { Event, Reason, State } from '../domain/states.js'
import { operationFailed } from '../errors.js'
import { type DataJob, type JobData, JobOperation } from '../jobs/data.js'
import { checkState } from '../migration/obstacles.js'
import { happen } from '../process/happen.js'
import { asAsked } from '../process/live-cpu.js'
import type { Ending, Run } from '../process/run.js'
import { endQuietly } from '../process/stop.js'
import { runOf } from '../slots/impact.js'
import type { QemuState } from '../state.js'
import { cookieText } from './cookie.js'
import { canPack } from './filters.js'
import { encodeImage, type ImageFormat, imageFormats, roomFor, type SaveImage } from './header.js'
import { createFile, discard, whyFull } from './image-file.js'
import { complete, fileJob, migrateToFile } from './to-file.js'

/** How a guest is saved. */
export interface SaveOptions {
  readonly path: string
  /** What it is to be when it is restored, where that is not what it is now. */
  readonly dxml?: string | undefined
  readonly bypassCache: boolean
  /** Whether it goes on when it is restored; absent: as it did. */
  readonly running?: boolean | undefined
  readonly format: ImageFormat
  readonly flags: number
}

/** What a guest that writes its state lets others do. */
const beside: readonly JobKind[] = ['query', 'abort']
const saving: AsyncKind = asyncKind('save', beside)

/** How a guest ends that is saved. */
const saved: Ending = { reason: Reason.shutoff.saved, detail: Event.stopped.saved }

/**
 * The format that settings have for images.
 * @param what kind of image: `save` or `dump`
 * @throws VirtError `operation-failed` for one that there is none of, or whose program is not there
 */
export function formatOf(name: string | undefined, what: string): ImageFormat {
  if (name === undefined) return 'raw'
  const format = imageFormats.find((one) => one === name)
  if (format === undefined) throw operationFailed(`Invalid ${what}_image_format '${name}'`)
  if (!canPack(format))
    throw operationFailed(`Compression program for ${what} image format in configuration file isn't available`)
  return format
}

/** The format that a caller names. @throws VirtError `operation-failed` */
export function namedFormat(name: string): ImageFormat {
  const format = imageFormats.find((one) => one === name)
  if (format === undefined) throw operationFailed(`Invalid image_format '${name}'`)
  return formatOf(format, 'save')
}

/** Has a guest stand still. @returns whether it ran */
export async function standStill(
  state: QemuState,
  domain: QemuDomain,
  run: Run,
  why: 'saving' | 'dumping',
): Promise<boolean> {
  if (domain.state !== State.running) return false
  run.expected = 'stop'
  try {
    await run.monitor.command('stop')
  } finally {
    run.expected = undefined
  }
  happen(state, domain, why)
  if (domain.run !== run) throw operationFailed('guest unexpectedly quit')
  return true
}

/** Lets a guest go on that stood still for a while. What it does not do is told of. */
export async function goOn(state: QemuState, domain: QemuDomain, run: Run, reason: number): Promise<void> {
  if (domain.run !== run || run.ending !== undefined || domain.state !== State.paused) return
  run.expected = 'resume'
  try {
    await run.monitor.command('cont')
    happen(state, domain, 'continued')
    state.domains.change(domain, () => {
      domain.reason = reason
    })
  } catch (error) {
    state.services.log.warn(`${domain.name} does not go on: ${(error as Error).message}`)
  } finally {
    run.expected = undefined
  }
}

/** The document that an image gets. */
async function documentFor(state: QemuState, domain: QemuDomain, dxml: string | undefined): Promise<Domain> {
  const saved = asAsked(domain)
  if (dxml === undefined) return saved
  const document = await state.read(dxml)
  checkAbiStability(saved, document)
  return document
}

/** Text of a document within an image. */
export function imageText({ documents, paths }: QemuState, document: Domain): string {
  return documents.print(movable(document, paths.channels), -1, { inactive: true, secure: true, migratable: true })
}

/**
 * Saves a guest.
 * @throws VirtError; the guest then runs on as before, and there is no image
 */
export async function saveGuest(state: QemuState, call: Call, domain: QemuDomain, options: SaveOptions): Promise<void> {
  await domain.jobs.runAsync(call, saving, async (job: DataJob) => {
    requireActive(domain)
    const run = runOf(domain)
    await checkState(domain, run)
    const data = fileJob(state, JobOperation.save, job, options.flags)
    const ran = await standStill(state, domain, run, 'saving')
    try {
      const xml = imageText(state, await documentFor(state, domain, options.dxml))
      const cookie = cookieText(domain)
      const image: SaveImage = {
        xml,
        cookie,
        running: options.running ?? ran,
        format: options.format,
        room: roomFor(xml, cookie),
      }
      await writeImage(state, domain, run, data, image, options)
    } catch (error) {
      if (ran) await goOn(state, domain, run, Reason.running['save canceled'])
      throw error
    }
    complete(state, domain, data)
    await endQuietly(state, run, saved)
  })
}

async function writeImage(
  state: QemuState,
  domain: QemuDomain,
  run: Run,
  data: JobData,
  image: SaveImage,
  { path, format, bypassCache }: SaveOptions,
): Promise<void> {
  const file = await createFile(path)
  try {
    await write(file, path, encodeImage(image, false), null)
    await migrateToFile(state, domain, run, data, file.fd, { format, bypassCache })
    await write(file, path, encodeImage(image, true), 0)
    await file.sync()
    await file.close()
  } catch (error) {
    const full = await whyFull(path, file)
    await discard(path, file)
    throw full ?? error
  }
}

async function write(file: FileHandle, path: string, bytes: Buffer, at: number | null): Promise<void> {
  let done = 0
  while (done < bytes.length) {
    const { bytesWritten } = await file
      .write(bytes, done, bytes.length - done, at === null ? null : at + done)
      .catch((error: unknown) => {
        throw systemFailure(error, ErrorDomain.QEMU, `failed to write header to domain save file '${path}'`)
      })
    done += bytesWritten
  }
}
