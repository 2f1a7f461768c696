// SPDX-License-Identifier: LGPL-2.1-or-later
// Times in the logs of guests.

/** A time in UTC, as libvirt's logs have it. @param now milliseconds since the epoch */
export function stamp(now: number): string {
  return new Date(now).toISOString().replace('T', ' ').replace('Z', '+0000')
}
