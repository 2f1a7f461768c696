// SPDX-License-Identifier: GPL-2.0-or-later
// Differences from libvirtd that are known: those that are meant, those that are still to be mended, and those of an older libvirtd.

/** A difference: what it is about, and why. All patterns have to fit. */
interface Known {
  readonly call: RegExp
  readonly theirs?: RegExp
  readonly ours?: RegExp
  readonly why: string
}

/** Differences that stay. */
const meant: readonly Known[] = [
  {
    call: /^DOMAIN_/,
    ours: /error \{"code":42,/,
    why: 'the gate looks for the domain first of all; some functions of libvirt do it late',
  },
  {
    call: /^DOMAIN_[GS]ET_METADATA .*"type":-1/,
    ours: /unknown metadata type '-1'/,
    why: 'libvirt takes numbers below all kinds of metadata, and does nothing with them',
  },
  {
    call: /^DOMAIN_SHUTDOWN_FLAGS .*"flags":3/,
    theirs: /ok nothing/,
    ours: /domain is not running/,
    why: 'libvirt says that a guest that is off has been shut down when it may choose the way',
  },
  {
    call: /^DOMAIN_BLOCK_PEEK .*"hdc"/,
    theirs: /Failed to open file '\(null\)'/,
    why: 'libvirt opens no name at all where a drive has no medium',
  },
  {
    call: /^DOMAIN_SET_IOTHREAD_PARAMS /,
    theirs: /expected '\(null\)'/,
    ours: /expected 'uint'/,
    why: 'libvirt has no name for either of two types',
  },
  {
    call: /^DOMAIN_GET_DISK_ERRORS .*"maxerrors":0/,
    theirs: /"nerrors":3/,
    why: 'the number of errors is that of errors; libvirt tells of all disks when nobody has room for them',
  },
  {
    call: /^(CONNECT_DOMAIN_)?\w*EVENT_\w*REGISTER/,
    why: 'whether a client that asks twice is told twice hangs in libvirt on how it has asked before',
  },
]

/** Differences that nobody means. */
const open: readonly Known[] = [
  {
    call: /^CONNECT_GET_DOMAIN_CAPABILITIES /,
    ours: /<value>rdp<\/value>/,
    why: 'displays by RDP are told of although the host lacks their server',
  },
  {
    call: /^DOMAIN_(DEFINE_XML_FLAGS|CREATE_XML)/,
    ours: /failed to validate against schema/,
    why: 'what the schema says of faults is in other words',
  },
  { call: /^DOMAIN_RENAME .*x{300}/, why: 'a name that is too long for a file is told of in other words' },
  { call: /^NODE_(ALLOC|GET_FREE)_PAGES .*"startCell":-/, why: 'nodes below all are told of in other words' },
]

/** What a libvirtd of 9.0 with its QEMU says otherwise than 11.3. */
const older: readonly Known[] = [
  { call: /./, theirs: /unknown procedure: 449/, why: '9.0 starts no guest by itself once' },
]

/** The reason of a difference; undefined for one that is not known. @param old whether the other is an older libvirtd */
export function reasonOf(call: string, line: string, old: boolean): string | undefined {
  const [theirs = '', ours = ''] = line.replace(/^libvirtd /, '').split('\n  virtd    ')
  if (old && theirs.replaceAll('%s', '%1$s') === ours) return 'texts number what they are filled with'
  const known = [...meant, ...open, ...(old ? older : [])]
  return known.find(
    (one) => one.call.test(call) && (one.theirs?.test(theirs) ?? true) && (one.ours?.test(ours) ?? true),
  )?.why
}
