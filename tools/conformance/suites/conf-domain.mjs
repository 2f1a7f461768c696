// SPDX-License-Identifier: GPL-2.0-or-later
// Domains read by the hypervisor-neutral parser, and the documents around them.
import {
  alignBackupDisks,
  bhyveDomainHooks,
  checkAbiStability,
  chHooks,
  domain,
  domainBackup,
  domainCheckpoint,
  domainSnapshot,
  lxcHooks,
  qemuHooks,
} from '@virt/conf'

export const names = [
  'genericxml2xml',
  'bhyvexml2xml',
  'chxml2xml',
  'domainsnapshotxml2xml',
  'domaincheckpointxml2xml',
  'domainbackupxml2xml',
  'lxcxml2xml',
]

const convert = async (c, { check, files }, produce) => {
  if ((c.expect ?? 'ok') !== 'ok') return check.fails('parse', produce)
  await check.role('xml', 'expectedXml', produce, (role) => files.text(role))
}

/** All random bytes are 0. */
const noRandom = (size) => new Uint8Array(size)

/** The hypervisor-neutral driver: it has guests of type qemu and test for i686 first. */
const genericHooks = {
  defaultArch: ({ type }) => (type === 'qemu' || type === 'test' ? 'i686' : 'x86_64'),
  random: noRandom,
}

/** A driver whose moments all happen at the time the case says. */
const momentHooks = (c) => ({ ...qemuHooks, now: () => (c.creationTime ? BigInt(c.creationTime) : undefined) })

/** A guest that has a disk for each one the backup names, and one more. */
function guestOf(backup) {
  const disks = [...backup.disks.map((disk) => disk.name), 'vdextradisk'].map(
    (name) => `<disk><source file='/fake/${name}.qcow2'/><driver type='qcow2'/><target dev='${name}'/></disk>`,
  )
  return domain.parse(`<domain type='test'><name>fake</name><devices>${disks.join('')}</devices></domain>`, {
    raw: true,
  })
}

/** Read and printed by one driver. */
const driverSuite = (facts, optionsOf) => ({
  facts: ['input', ...facts],
  run: (c, ctx) =>
    convert(c, ctx, () => {
      const options = optionsOf(c)
      const read = domain.parse(ctx.files.text(c.input), options)
      checkAbiStability(read, domain.parse(ctx.files.text(c.input), options))
      return domain.print(read, { secure: true, ...options })
    }),
})

export const suites = {
  lxcxml2xml: driverSuite(['live'], (c) => ({
    inactive: !c.live,
    hooks: { ...lxcHooks, emulator: '/usr/libexec/libvirt_lxc' },
  })),
  chxml2xml: driverSuite(['live'], (c) => ({ inactive: !c.live, hooks: chHooks })),
  bhyvexml2xml: driverSuite(['bhyveCaps'], (c) => ({
    inactive: true,
    hooks: { ...bhyveDomainHooks({ has: (flag) => c.bhyveCaps.includes(flag) }), random: noRandom },
  })),
  genericxml2xml: {
    facts: ['input', 'live'],
    run: (c, ctx) => {
      const inactive = c.live !== true
      return convert(c, ctx, () => {
        const read = domain.parse(ctx.files.text(c.input), { inactive, hooks: genericHooks })
        checkAbiStability(read, domain.parse(domain.print(read, { secure: true }), { inactive, hooks: genericHooks }))
        return domain.print(read, { inactive, secure: true })
      })
    },
  },
  domainsnapshotxml2xml: {
    facts: ['input', 'capsReplies', 'domainUuid', 'creationTime', 'internal', 'redefine', 'running'],
    run: (c, ctx) =>
      convert(c, ctx, () => {
        const modes = { internal: c.internal, redefine: c.redefine, hooks: momentHooks(c) }
        const snapshot = domainSnapshot.parse(ctx.files.text(c.input), modes)
        if (c.running) snapshot.state = 'running'
        if (c.domainUuid !== null) snapshot.domainUuid = c.domainUuid
        return domainSnapshot.print(snapshot, { ...modes, secure: true })
      }),
  },
  domaincheckpointxml2xml: {
    facts: ['input', 'capsReplies', 'creationTime', 'redefine', 'parent', 'vdaBitmap', 'size'],
    run: (c, ctx) =>
      convert(c, ctx, () => {
        const hooks = momentHooks(c)
        const checkpoint = domainCheckpoint.parse(ctx.files.text(c.input), {
          redefine: c.redefine,
          validate: true,
          hooks,
        })
        if (c.parent) checkpoint.parent = { name: '1525111885' }
        if (c.vdaBitmap) {
          const [, ...others] = checkpoint.disks
          checkpoint.disks = [{ name: 'vda', checkpoint: 'bitmap', bitmap: checkpoint.name }, ...others]
        }
        if (c.size && checkpoint.disks[0]) checkpoint.disks[0].size = 1048576n
        return domainCheckpoint.print(checkpoint, { size: c.size, secure: true, hooks })
      }),
  },
  domainbackupxml2xml: {
    facts: ['input', 'internal'],
    run: (c, ctx) =>
      convert(c, ctx, () => {
        const modes = { internal: c.internal, status: c.internal }
        const backup = domainBackup.parse(ctx.files.text(c.input), modes)
        backup.disks = alignBackupDisks(backup, guestOf(backup), 'SUFFIX')
        return domainBackup.print(backup, modes)
      }),
  },
}
