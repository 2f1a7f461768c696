// SPDX-License-Identifier: LGPL-2.1-or-later
// <volume>: read in the context of its pool, whose type says what the volume is and which formats it may have.
import { ErrorDomain, ErrorNumber, virtError } from '@virt/core'
import type { Pass, PassContext } from '../runtime/context.js'
import { type DocumentKind, documentKind } from '../runtime/document.js'
import type { StorageVolumeInput } from './inputs.gen.js'
import { type PoolType, poolType } from './pool-types.js'
import { storageVolume as root } from './schema.js'
import type { StorageVolume } from './types.gen.js'

/** What a pass over a volume is told: `{ driver: { poolType: 'dir' } }` in the parse options. */
export interface VolumeContext {
  readonly poolType: string
  /** The capacity may be absent: it is known from elsewhere (backing image, uploaded data). */
  readonly noCapacity?: boolean
  /** As `noCapacity`, where there is a backing image. */
  readonly optionalCapacity?: boolean
}

function reject(message: string, number: number = ErrorNumber.XML_ERROR): never {
  throw virtError(number, ErrorDomain.STORAGE, message)
}
const contextOf = (context: PassContext): VolumeContext => (context.driver ?? { poolType: 'dir' }) as VolumeContext

const steps: readonly Pass<StorageVolume>[] = [
  {
    name: 'name',
    run(volume) {
      if (volume.name === undefined || volume.name === '') reject('missing volume name element')
      // Extents and times are what a volume has, not what a definition says.
      volume.source = undefined
      volume.physical = undefined
      if (volume.target !== undefined) volume.target.timestamps = undefined
      if (volume.backingStore !== undefined) volume.backingStore.timestamps = undefined
      // The backing image's path decides; an element without one says nothing.
      if (volume.backingStore?.path === undefined) volume.backingStore = undefined
    },
  },
  {
    name: 'sizes',
    run(volume, context) {
      const given = contextOf(context)
      const optional =
        given.noCapacity === true || (given.optionalCapacity === true && volume.backingStore !== undefined)
      if (volume.capacity === undefined && !optional) reject('missing capacity element')
      volume.capacity ??= 0n
      volume.allocation ??= volume.capacity
    },
  },
  { name: 'format', run: (volume, context) => formats(volume, poolType(contextOf(context).poolType)) },
  {
    name: 'target',
    run({ target }) {
      if (target === undefined) return
      if (target.compat !== undefined && !/^[0-9]+\.[0-9]+$/.test(target.compat))
        reject("forbidden characters in 'compat' attribute")
      if (target.features !== undefined) target.compat ??= '1.1'
      target.nocow = undefined
    },
  },
]

function formats(volume: StorageVolume, facts: PoolType): void {
  volume.target ??= {}
  const check = (holder: { format?: string | undefined }, fallback: string | undefined): void => {
    if (facts.volumeFormats === undefined) {
      holder.format = undefined
      return
    }
    holder.format ??= fallback
    // Files can be said to have no format, but not made so.
    const isNone = holder.format === 'none' && facts.volume === 'file'
    if (holder.format !== undefined && (isNone || !facts.volumeFormats.includes(holder.format)))
      reject(`unknown volume format type ${holder.format}`, ErrorNumber.CONFIG_UNSUPPORTED)
  }
  check(volume.target, facts.defaultVolumeFormat)
  if (volume.backingStore !== undefined) check(volume.backingStore, facts.defaultVolumeFormat)
  volume.type ??= 'file'
}

/** `<volume>`: a storage volume. */
export const storageVolume: DocumentKind<StorageVolume, StorageVolumeInput> = documentKind<
  StorageVolume,
  StorageVolumeInput
>({
  root,
  grammar: 'storagevol.rng',
  domain: ErrorDomain.STORAGE,
  postParse: steps,
})
