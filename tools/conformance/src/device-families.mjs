// SPDX-License-Identifier: GPL-2.0-or-later
// Which families of devices a domain has, for counts by family.

const devices = [
  'audio controller crypto disk filesystem graphics hostdev input interface iommu memballoon memory panic pstore redirdev rng',
  'serial parallel channel console shmem smartcard sound tpm video vsock watchdog nvram hub',
]
  .join(' ')
  .split(' ')

/** What of a domain is a family by itself: its name, and how its documents show it. */
const patterns = [
  ...devices.map((name) => [name, new RegExp(`<${name}[ />]`)]),
  ['disk of a server', /<source[^>]*protocol=/],
  ['disk with secrets', /<(?:auth|encryption)\b/],
  ['disk chain', /<backingStore\b/],
  ['disk of a program', /type=['"](?:vhostuser|vhostvdpa|nvme|volume)['"]/],
  ['launchSecurity', /<launchSecurity\b/],
  ['cpu', /<cpu[ >]/],
  ['numa', /<(?:numa|numatune)\b/],
  ['memoryBacking', /<memoryBacking\b/],
  ['firmware', /<loader\b|firmware=/],
  ['sysinfo', /<sysinfo\b/],
  ['commandline', /commandline\b/],
]

/** The families of a case, by the document that it reads, and by what is to become of it. */
export function familiesOf(c, { files }) {
  if (c.expect !== 'ok') return [c.expect === 'parseError' ? 'refused when defined' : 'refused when started']
  const text = files.text(c.input)
  const found = patterns.filter(([, pattern]) => pattern.test(text)).map(([name]) => name)
  return [c.arch, ...found]
}
