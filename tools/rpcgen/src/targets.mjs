// SPDX-License-Identifier: GPL-2.0-or-later
// Which files each package gets, and who writes them.

import { emitAccess } from './access.mjs'
import { emitBindings } from './bindings.mjs'
import { emitCodec, remoteFiles } from './codec.mjs'
import { emitEnums, emitErrors, emitParamTypes } from './constants.mjs'
import { emitEvents } from './event-codec.mjs'
import { emitGate } from './gate.mjs'
import { emitProcedures } from './procedures.mjs'
import { emitPublic } from './public.mjs'
import { emitPublicEvents } from './public-events.mjs'
import { emitSpi } from './spi.mjs'

export const targets = {
  core: {
    folder: 'packages/api/core/src',
    files: {
      'error-table.gen.ts': emitErrors,
      'enums.gen.ts': emitEnums,
      'acl.gen.ts': emitAccess,
      'spi.gen.ts': emitSpi,
      'gate.gen.ts': emitGate,
      'api.gen.ts': emitPublic,
      'api-events.gen.ts': emitPublicEvents,
      'param-types.gen.ts': emitParamTypes,
    },
  },
  rpc: {
    folder: 'packages/api/rpc/src',
    files: {
      ...remoteFiles,
      'qemu.gen.ts': (spec) => emitCodec(spec, 'qemu'),
      'lxc.gen.ts': (spec) => emitCodec(spec, 'lxc'),
      'admin.gen.ts': (spec) => emitCodec(spec, 'admin'),
      'bindings.gen.ts': emitBindings,
      'events.gen.ts': emitEvents,
      'procedures.gen.ts': emitProcedures,
    },
  },
}
