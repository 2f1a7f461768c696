// SPDX-License-Identifier: LGPL-2.1-or-later
/** Level of libvirt's API: major * 1,000,000 + minor * 1,000 + release. @since 0.1.0, `virGetVersion` */
export const version = 11_003_000
