// SPDX-License-Identifier: LGPL-2.1-or-later
/** A connection URI in parts. */
export interface Uri { readonly scheme: string }
