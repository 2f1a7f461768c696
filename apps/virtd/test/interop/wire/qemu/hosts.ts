// SPDX-License-Identifier: GPL-2.0-or-later
// Two hosts that are alike to the last path: a libvirtd runs on the one and a virtd on the other, as root's daemons. Each has mounts, links
// and control groups of its own; both may have the programs of another root, with a newer libvirt and QEMU.
import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { ready } from '../../peers.mjs'
import type { placeAt } from '../../place.mjs'
import { bootDisk } from '../../qemu/guest.js'
import { folders as libvirtFolders } from '../../qemu/private-host.js'

const groups = '/sys/fs/cgroup'
const checkout = join(import.meta.dirname, '../../../../../..')

/** Where each has its own folder. */
const folders = { ...libvirtFolders, srv: '/srv' }

/** The host up to its daemon; then what is told follows. `$1` is its folder, `$2` the other root or nothing, `$3` its groups' name. */
const makeHost = `set -e
own=$1 root=$2 name=$3; shift 3
for one in ${groups}/*/; do
  [ -e $one/cgroup.controllers ] && continue
  mkdir $one/$name
  for file in cpuset.cpus cpuset.mems; do [ ! -e $one/$file ] || cat $one/$file >$one/$name/$file; done
  echo $$ >$one/$name/cgroup.procs
done
exec unshare -C -m -n sh -ec '
own=$1 root=$2; shift 2
mount --make-rprivate /
# Mounts of a guest begin where a mount does.
[ -z "$root" ] || mount --bind $root $root
for one in ${groups}/*; do
  kind=$(basename $one)
  umount $one
  case $kind in
    unified) ;;
    systemd) mount -t cgroup -o none,name=systemd cgroup $one ;;
    *) mount -t cgroup -o $kind cgroup $one ;;
  esac
done
ip link set lo up
ip link add br0 type bridge
ip link set br0 up
mkdir $own/dev
mount -t tmpfs -o mode=755 dev $own/dev
# To find out that a KVM does not work takes libvirtd half a minute: there is none.
for one in $(ls /dev | grep -vx kvm); do
  case $one in
    pts|shm|mqueue|hugepages) mkdir $own/dev/$one; mount --rbind /dev/$one $own/dev/$one ;;
    *) cp -a /dev/$one $own/dev/ ;;
  esac
done
if [ -n "$root" ]; then
  mount --rbind /proc $root/proc
  mount --rbind /sys $root/sys
else
  umount -R -l /dev
fi
mount --move $own/dev $root/dev
mount -t tmpfs run $root/run
mkdir -p $root/run/lock
for pair in ${Object.entries(folders)
  .map(([name, path]) => `${name}:${path}`)
  .join(' ')}; do
  mkdir -p $root\${pair#*:}
  mount --bind $own/\${pair%%:*} $root\${pair#*:}
done
# What virtd is run with.
mount -t tmpfs mnt $root/mnt
mkdir $root/mnt/checkout
touch $root/mnt/node
mount --bind ${checkout} $root/mnt/checkout
mount --bind ${process.execPath} $root/mnt/node
# Who enters the mounts of another is at their root: no chroot will do.
[ -z "$root" ] || { mkdir $root/mnt/old; cd $root; pivot_root . mnt/old; umount -l /mnt/old; }
cd /
exec "$@"
' sh "$own" "$root" "$@"
`

/** What the daemons are started with. */
const commands = {
  libvirtd: ['libvirtd', '-f', '/etc/libvirt/libvirtd.conf', '-p', '/run/libvirtd.pid'],
  virtd: ['/mnt/node', '/mnt/checkout/apps/virtd/dist/main.cjs', '--root', '/'],
} as const

/** A host that runs a daemon. */
export interface WireHost {
  readonly socket: string
  /** Its folder, as it is seen from outside. */
  readonly root: string
  readonly said: () => string
  /** Where its guests' files are. */
  readonly files: string
  stop(): Promise<void>
}

/** Starts a host. @param place where the programs are */
export async function startHost(which: keyof typeof commands, place: ReturnType<typeof placeAt>): Promise<WireHost> {
  const root = place.scratch(`wire-${which}-`)
  const files = join(root, 'srv')
  const name = basename(root)
  chmodSync(root, 0o755)
  for (const one of [...Object.keys(folders), 'lib/qemu', 'cache/qemu', 'log/qemu'])
    mkdirSync(join(root, one), { recursive: true })
  const settings = 'unix_sock_rw_perms = "0777"\nauth_unix_rw = "none"\nauth_unix_ro = "none"\n'
  writeFileSync(join(root, 'etc/libvirtd.conf'), settings)
  const qemuConf = 'user = "root"\ngroup = "root"\nstdio_handler = "file"\nsecurity_driver = "none"\n'
  writeFileSync(join(root, 'etc/qemu.conf'), qemuConf)
  putFiles(files)
  const child = spawn('sh', ['-c', makeHost, 'sh', root, place.root ?? '', name, ...commands[which]], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, LC_ALL: 'C' },
  })
  const socket = join(root, 'run/libvirt-sock')
  const daemon = await ready(child, socket, root, { root, readOnlySocket: `${socket}-ro` })
  return {
    socket,
    root,
    files,
    said: daemon.said,
    stop: async () => {
      await daemon.stop()
      for (const kind of readdirSync(groups)) removeGroups(join(groups, kind, name))
    },
  }
}

/** Images of guests. @param folder where to */
export function putFiles(folder: string): void {
  bootDisk(folder)
  execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', join(folder, 'disk.qcow2'), '8M'])
  writeFileSync(join(folder, 'text'), 'no image\n')
}

function removeGroups(path: string): void {
  if (!existsSync(path)) return
  for (const one of readdirSync(path, { withFileTypes: true }))
    if (one.isDirectory()) removeGroups(join(path, one.name))
  try {
    rmdirSync(path)
  } catch {
    // The kernel has not let go of the last that was in it; the machine has many of them.
  }
}
