// SPDX-License-Identifier: GPL-2.0-or-later
// Lines whose answer depends on libvirt's level: Debian 12's in-process driver is 9.0, virtd is 11.3. Each with its reason.
export const levelDifferences = {}
