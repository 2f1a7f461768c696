// SPDX-License-Identifier: GPL-2.0-or-later
// Where a replayed session may differ from its recording: what no two runs have in common, and what 11.3 answers otherwise
// than the 9.0 that was recorded. Nothing else may.

/** Leaves of replies and events that no two runs have in common: pattern over `PROCEDURE path.of.the.leaf`. */
export const freeLeaves: readonly (readonly [RegExp, string])[] = [
  [/^DOMAIN_GET_INFO cpuTime$/, 'the time of day'],
  [/^DOMAIN_GET_VCPUS info\.\d+\.cpuTime$/, 'the time of day'],
  [/^DOMAIN_(BLOCK|INTERFACE)_STATS \w+$/, 'reckoned from the time of day'],
  [/(DEFINE|CREATE)_XML\w* .*\buuid$/, 'made up'],
  [/_REGISTER_ANY callbackID$/, 'counted by the instance of the driver'],
  [/^CONNECT_GET_HOSTNAME hostname$/, 'of the machine'],
  // differs: it is the domain's id now; libvirt repeats what the client said.
  [/^DOMAIN_(?!LOOKUP|CREATE|DEFINE)\w+ .*\bdom\.id$/, 'the id of the domain that a moment is of'],
]

/** Parts of texts that no two runs have in common. */
export const freeTexts: readonly (readonly [RegExp, string])[] = [[/(?<=<creationTime>)\d+/g, 'the time of day']]

/** How 11.3 says what the 9.0 that was recorded said. */
export const levelTexts: readonly (readonly [RegExp, string, string])[] = [
  [/(?<=.)%s$/, '%1$s', 'texts number what they are filled with'],
  [/^\(domain_definition\):(\d+):/, 'at line $1:', 'malformed XML has no name'],
  [/(?<=_max) $/, '', 'a space less'],
  [/(?<= die_id='\d+' )(?=core_id)/g, "cluster_id='0' ", 'processors have a cluster'],
]

const caps = "9.0's driver has no domain capabilities, 11.3's has"
const cpus = '11.3 knows more models of processors'
const attach = "9.0's driver has no devices to attach, 11.3's has"
const devices = '9.0 knows no filters for active devices, 11.3 does'
const states = '9.0 knows no states of node devices, 11.3 does'

/** Differences by recording and number of the packet, and why. One that is gone has to go from here. */
export const levels: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  'raw-checks': { 2: 'the recorded daemon looked for a bus where nobody may authenticate, 11.3 does not' },
  'test-host': {
    18: 'the level itself',
    121: caps,
    255: cpus,
    278: '9.0 has no answer for pages of all cells, 11.3 has',
    322: caps,
  },
  'test-misc': { 520: attach, 543: attach },
  'test-nodedev': { 14: devices, 35: devices, 56: devices, 104: states, 106: states },
}

/** Recordings that are not replayed, and why. */
export const notReplayed: Readonly<Record<string, string>> = {
  'probe-uri': 'without a URI the recorded daemon chose QEMU',
  'test-passfds': 'descriptors go beside the bytes that a recording holds',
}

/** Lists whose order is that of a hash with a seed: libvirt gives them in another one each time. */
export const unordered: readonly RegExp[] = [
  /^CONNECT_LIST_ALL_\w+ (domains|nets|pools|ifaces|devices)$/,
  /^CONNECT_LIST_\w+ (names|ids)$/,
  /^CONNECT_GET_ALL_DOMAIN_STATS retStats$/,
  /^DOMAIN_(LIST_ALL_|SNAPSHOT_LIST|CHECKPOINT_LIST)\w+ (snapshots|checkpoints|names)$/,
  /^STORAGE_POOL_LIST_\w+ (vols|names)$/,
  /^NODE_LIST_DEVICES names$/,
]
