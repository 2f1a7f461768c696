// SPDX-License-Identifier: GPL-2.0-or-later
/** The value below which a share of the list lies. */
export function percentile(list, share) {
  const sorted = [...list].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
}

export const median = (list) => percentile(list, 0.5)
