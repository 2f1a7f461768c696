// SPDX-License-Identifier: LGPL-2.1-or-later
import { type Domain, domain } from '@virt/conf'
import { describe, expect, it } from 'vitest'
import { withTransientImages } from '../src/process/transient-disks.js'

const documentOf = (source: string): Domain =>
  domain.parse(
    `<domain type='qemu'><name>g</name><devices><disk type='file' device='disk'><driver name='qemu' type='raw'/>
    <source ${source}/><target dev='vda' bus='virtio'/><transient/></disk></devices></domain>`,
    { raw: true },
  )

describe('a transient disk', () => {
  it('has an image of the run on top of its own', () => {
    const [disk] = withTransientImages(documentOf("file='/images/a'")).devices?.disks ?? []
    expect(disk?.source).toMatchObject({ type: 'file', file: '/images/a.TRANSIENT-g' })
    expect(disk?.backingStore?.source).toMatchObject({ file: '/images/a' })
  })

  it.each(["fdgroup='mine'", "file='/images/a' fdgroup='mine'"])(
    'is refused where nothing can lie on top: %s',
    (text) => {
      expect(() => withTransientImages(documentOf(text))).toThrow(
        "unsupported configuration: transient disk supported only with 'file' type (vda)",
      )
    },
  )
})
