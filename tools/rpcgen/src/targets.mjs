// SPDX-License-Identifier: GPL-2.0-or-later
// Which files each package gets, and who writes them.
import { emitEnums, emitErrors } from './constants.mjs'

export const targets = {
  core: { folder: 'packages/api/core/src', files: { 'error-table.gen.ts': emitErrors, 'enums.gen.ts': emitEnums } },
  rpc: { folder: 'packages/api/rpc/src', files: {} },
}
