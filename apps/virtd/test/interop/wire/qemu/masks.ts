// SPDX-License-Identifier: GPL-2.0-or-later
// What no two daemons that do the same have in common: numbers of processes, the time, what they have made up.

/** Leaves of answers and events: pattern over `PROCEDURE path.of.the.leaf`, and why. */
export const freeLeaves: readonly (readonly [RegExp, string])[] = [
  [/^DOMAIN_GET_INFO (cpuTime|memory)$/, 'used up so far'],
  [/cpu_?time/i, 'used up so far'],
  [/^DOMAIN_GET_VCPUS info\.\d+\.cpu$/, 'where it runs'],
  [/^DOMAIN_GET_CPU_STATS params\.\d+\.value/, 'used up so far'],
  [/^DOMAIN_MEMORY_STATS stats\.\d+\.val$/, 'used up so far'],
  [/^DOMAIN_INTERFACE_STATS (rx|tx)/, 'what the host said on the link'],
  [/^NODE_GET_(CPU|MEMORY)_STATS params\.\d+\.value$/, 'used up so far'],
  [/^NODE_GET_(FREE_MEMORY freeMem|CELLS_FREE_MEMORY cells|FREE_PAGES counts)/, 'of the moment'],
  [/^NODE_GET_INFO mhz$/, 'of the moment'],
  [/_REGISTER_ANY callbackID$/, 'counted by the daemon'],
  [/callbackID$/, 'counted by the daemon'],
  [/^DOMAIN_EVENT_CALLBACK_JOB_COMPLETED params\.values\.(?!0)/, 'figures'],
  [/\b(?<!iothread_?)id$/, 'counted by the host'],
  [/^DOMAIN_GET_CONTROL_INFO stateTime$/, 'of the moment'],
]

/** Texts, and parts of them. */
export const freeTexts: readonly (readonly [RegExp, string, string])[] = [
  [/\/dev\/pts\/\d+/g, '/dev/pts/N', "terminals are the machine's"],
  [/(?<=<domain type='\w+') id='\d+'/g, " id='N'", 'counted by the host'],
  [/\bdomain-\d+-/g, 'domain-N-', 'counted by the host'],
  [/\bvnet\d+\b/g, 'vnetN', 'counted by the host'],
  [/(?<=<uuid>)(?!f1f2f3f4)[0-9a-f-]{36}(?=<\/uuid>)/g, 'made up', 'made up'],
  [/(?<=mac address=')52:54:00:(?!00:00)[0-9a-f:]{8}/g, 'made up', 'made up'],
  [/\b(?:pid|PID|process) \d+/g, 'pid N', 'of a process'],
  [/(?<="fd":")\d+(?=")/g, 'N', 'of what the daemon has open'],
]

/** Events that come as often as the moment has it. */
export const fleeting: RegExp = /^DOMAIN_EVENT_CALLBACK_(MIGRATION_ITERATION|RTC|LIFECYCLE .*"event":6,"detail":2)/

/** Lists whose order is that of a hash with a seed. */
export const unordered: readonly RegExp[] = [
  /^CONNECT_LIST_ALL_\w+ domains$/,
  /^CONNECT_LIST_\w+ (names|ids)$/,
  /^CONNECT_GET_ALL_DOMAIN_STATS retStats$/,
]

/** Typed parameters whose value is of the moment. */
export const freeParams =
  /time|balloon\.(rss|available|unused|usable|last|major|minor|swap|disk|huge|current)|cpu\.|vcpu\.\d+\.(wait|delay|time|halted)|^block\.\d+\.(rd|wr|fl|allocation|physical)|net\.\d+\.(rx|tx)|dirtyrate|memory_used|iothread\.\d+\.poll|\.(sum|cur)$|^(rd|wr|flush)_|block\.\d+\.(times|bytes)|haltpoll|proc|exits|^net\.\d+\.name$/
