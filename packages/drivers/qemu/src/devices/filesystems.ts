// SPDX-License-Identifier: LGPL-2.1-or-later
// Folders of the host: served by QEMU itself (9p, MTP), or by a program of their own (virtiofs).
import type { Filesystem } from '@virt/conf'
import { addressProps, virtioDriver, virtioProps } from '../command/address.js'
import type { Build } from '../command/build.js'
import { listProps, type Props } from '../command/props.js'

/** Who the files of guests belong to, by libvirt's names of it. */
const securityModels: Readonly<Record<NonNullable<Filesystem['accessmode']>, string>> = {
  passthrough: 'passthrough',
  mapped: 'mapped',
  squash: 'none',
}

const octal = (mode: number | undefined): string | undefined => mode?.toString(8).padStart(4, '0')

/** The folder as QEMU's own file server has it: `-fsdev`; returns its name. */
function ownServer(build: Build, fs: Filesystem): string {
  const id = `fsdev-${fs.alias}`
  const { driver, multidevs } = fs
  const handle = driver?.type === 'handle'
  const local: Props = {
    security_model: fs.accessmode === undefined ? undefined : securityModels[fs.accessmode],
    multidevs: multidevs === 'default' ? undefined : multidevs,
    fmode: octal(fs.fmode),
    dmode: octal(fs.dmode),
  }
  build.add(
    '-fsdev',
    listProps(handle ? 'handle' : 'local', {
      ...(handle ? {} : local),
      writeout: driver?.wrpolicy === 'immediate' ? 'immediate' : undefined,
      id,
      path: fs.source?.dir ?? '',
      readonly: fs.readonly === true ? true : undefined,
    }),
  )
  return id
}

/** Where the program that serves a folder listens. */
export function virtiofsSocket(lib: string, { alias, source }: Filesystem): string {
  return source?.socket ?? `${lib}/${alias}-fs.sock`
}

function virtiofs(build: Build, fs: Filesystem): void {
  const chardev = `chr-vu-${fs.alias}`
  build.add('-chardev', listProps('socket', { id: chardev, path: virtiofsSocket(build.context.paths.lib, fs) }))
  build.device(
    {
      driver: virtioDriver(build, 'vhost-user-fs', fs),
      ...virtioProps(fs.driver),
      id: fs.alias,
      chardev,
      'queue-size': fs.driver?.queue,
      tag: fs.target,
      bootindex: fs.boot?.order,
      ...addressProps(build, fs),
    },
    fs,
  )
}

function nineP(build: Build, fs: Filesystem): void {
  const fsdev = ownServer(build, fs)
  build.device(
    {
      driver: virtioDriver(build, 'virtio-9p', fs, fs.model),
      ...virtioProps(fs.driver),
      id: fs.alias,
      fsdev,
      mount_tag: fs.target,
      ...addressProps(build, fs),
    },
    fs,
  )
}

/** A folder that the guest sees as a media player. */
function mediaPlayer(build: Build, fs: Filesystem): void {
  build.device(
    {
      driver: 'usb-mtp',
      id: fs.alias,
      rootdir: fs.source?.dir,
      desc: fs.target,
      readonly: fs.readonly === true,
      ...addressProps(build, fs),
    },
    fs,
  )
}

export function filesystems(build: Build): void {
  for (const fs of build.domain.devices?.filesystems ?? [])
    switch (fs.driver?.type) {
      case 'virtiofs':
        virtiofs(build, fs)
        break
      case 'mtp':
        mediaPlayer(build, fs)
        break
      default:
        nineP(build, fs)
    }
}
