// SPDX-License-Identifier: GPL-2.0-or-later
import { apiPage } from './api.mjs'
import { errorsPage } from './errors.mjs'
import { mibFiles } from './mibs.mjs'
import { qemuPage } from './qemu.mjs'
import { waysPage } from './ways.mjs'

/** The pages that come from tables, by path: their `text`, and `gaps` of the tables. */
export const pages = async () => ({
  'docs/errors.md': errorsPage(),
  'docs/api.md': await apiPage(),
  'docs/qemu.md': await qemuPage(),
  'docs/ways.md': await waysPage(),
  ...(await mibFiles()),
})
