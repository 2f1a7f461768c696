// SPDX-License-Identifier: GPL-2.0-or-later
// A guest of Linux: Debian's kernel for clouds, and a userland of busybox with QEMU's agent in an initial RAM disk. It has a shell on its
// serial port, gives back lines on the channel `org.virt.echo`, and heeds the power button.
import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** What the kernel needs from its modules, by their names. */
const wanted = [
  'virtio_pci',
  'virtio_console',
  'virtio_blk',
  'virtio_net',
  'virtio_balloon',
  'button',
  'evdev',
  'pvpanic-mmio',
  'ata_piix',
  'sr_mod',
  'isofs',
]

/** What it loads only when it is told to: a file below /later names what. */
const later = ['virtio_mem']

const init = `#!/bin/busybox sh
/bin/busybox --install -s /bin
ln -s /bin/hwclock /sbin/hwclock
export PATH=/sbin:/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
hostname linuxguest
for module in $(cat /modules); do insmod $module; done
ip link set lo up
for one in /proc/sys/net/ipv6/conf/*/accept_ra; do echo 0 >$one; done
if ip link set eth0 up 2>/dev/null; then ip addr add 10.0.2.15/24 dev eth0; fi
port() { for one in /sys/class/virtio-ports/*; do [ "$(cat $one/name)" = "$1" ] && echo /dev/\${one##*/}; done; }
[ -b /dev/vda ] && mount -t ext4 /dev/vda /mnt
mkdir -p /run /var/run /var/log
acpid
agent=$(port org.qemu.guest_agent.0)
[ -n "$agent" ] && /sbin/qemu-ga -d -m virtio-serial -p $agent -f /run/qemu-ga.pid -t /run
echo=$(port org.virt.echo)
[ -n "$echo" ] && (exec 3<>$echo; while :; do if read line <&3; then echo "echo: $line" >&3; else sleep 0.2; fi; done) &
echo linux is up
while :; do setsid sh -c 'exec sh </dev/ttyS0 >/dev/ttyS0 2>&1'; done
`

const shutdown = `#!/bin/sh
for word; do
  case $word in
    -P) poweroff -f ;;
    -r) reboot -f ;;
    -H) halt -f ;;
  esac
done
`

/** Busybox as Debian has it sets no passwords. */
const chpasswd = `#!/bin/sh
IFS=: read user password
grep -q "^$user:" /etc/passwd || { echo "no user $user" >&2; exit 1; }
[ "$1" = -e ] || password=$(mkpasswd -m sha512 "$password")
sed -i "s|^$user:[^:]*|$user:$password|" /etc/shadow
`

/** Modules with those that they need, in the order of loading. */
function modulesOf(folder: string, names: readonly string[]): string[] {
  const paths = new Map(
    readdirSync(join(folder, 'kernel'), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ko'))
      .map((path) => [basename(path, '.ko').replaceAll('-', '_'), join(folder, 'kernel', path)]),
  )
  const order: string[] = []
  const add = (name: string): void => {
    const path = paths.get(name.replaceAll('-', '_'))
    if (path === undefined || order.includes(path)) return
    const needs = /\0depends=([\w,-]*)\0/.exec(readFileSync(path, 'latin1'))?.[1] ?? ''
    for (const need of needs.split(',').filter((one) => one !== '')) add(need)
    order.push(path)
  }
  names.forEach(add)
  return order
}

/** Libraries of a program, with what loads them. */
function librariesOf(program: string): string[] {
  const { stdout } = spawnSync('ldd', [program], { encoding: 'utf8' })
  return [...stdout.matchAll(/(\/\S+) \(0x/g)].map(([, path]) => path as string)
}

function run(command: string, args: readonly string[], options: object = {}): Buffer {
  const { status, stdout, stderr } = spawnSync(command, args, { maxBuffer: 1 << 28, ...options })
  if (status !== 0) throw new Error(`${command}: ${stderr}`)
  return stdout
}

/** Files that a guest boots from. */
export interface LinuxImage {
  readonly kernel: string
  readonly initrd: string
}

/**
 * Makes the files of a guest.
 * @param folder where they are put
 * @param kernel as `guestKernel` has found it
 */
export function linuxImage(folder: string, kernel: { readonly image: string; readonly modules: string }): LinuxImage {
  const root = join(folder, 'initrd.d')
  const put = (path: string, text: string): void => {
    mkdirSync(join(root, dirname(path)), { recursive: true })
    writeFileSync(join(root, path), text)
    chmodSync(join(root, path), 0o755)
  }
  const copy = (from: string, to: string): void => {
    mkdirSync(join(root, dirname(to)), { recursive: true })
    copyFileSync(from, join(root, to))
    chmodSync(join(root, to), 0o755)
  }
  for (const name of ['proc', 'sys', 'dev', 'mnt', 'tmp', 'root']) mkdirSync(join(root, name), { recursive: true })
  put('init', init)
  put('sbin/shutdown', shutdown)
  put('sbin/chpasswd', chpasswd)
  put('etc/passwd', 'root:x:0:0:root:/root:/bin/sh\n')
  put('etc/shadow', 'root:*:19000:0:99999:7:::\n')
  put('etc/group', 'root:x:0:\n')
  put('etc/os-release', 'ID=virtguest\nNAME="Guest"\nPRETTY_NAME="Guest of Tests 1"\nVERSION="1"\nVERSION_ID=1\n')
  put('etc/acpi/PWRF/00000080', '#!/bin/sh\npoweroff -f\n')
  copy('/bin/busybox', 'bin/busybox')
  copy('/usr/sbin/qemu-ga', 'sbin/qemu-ga')
  for (const path of librariesOf('/usr/sbin/qemu-ga')) copy(path, path.slice(1))
  const load = (list: string, names: readonly string[]): void => {
    const modules = modulesOf(kernel.modules, names)
    for (const path of modules) copy(path, join('lib', basename(path)))
    put(list, modules.map((path) => `/lib/${basename(path)}`).join('\n'))
  }
  load('modules', wanted)
  for (const name of later) load(`later/${name}`, [name])
  const names = run('find', ['.'], { cwd: root })
  const archive = run('cpio', ['-o', '-H', 'newc', '-R', '0:0', '--quiet'], { cwd: root, input: names })
  const image = { kernel: join(folder, 'vmlinuz'), initrd: join(folder, 'initrd') }
  writeFileSync(image.initrd, run('gzip', ['-1'], { input: archive }))
  copyFileSync(kernel.image, image.kernel)
  for (const path of [image.kernel, image.initrd]) chmodSync(path, 0o644)
  return image
}
