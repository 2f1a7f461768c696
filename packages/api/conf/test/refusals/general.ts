// SPDX-License-Identifier: LGPL-2.1-or-later

/** Texts of libvirt's general XML helpers, whose errors are of the domain XML whatever is read. */
export const general: RegExp =
  /^XML error: (Invalid value (for (attribute|element)|'.*' for element or attribute) |Missing required attribute |missing element or attribute )/
