// SPDX-License-Identifier: LGPL-2.1-or-later
// What the Cloud Hypervisor driver adds to domains.
import type { DocumentHooks } from '../../runtime/context.js'
import type { Domain } from '../types.gen.js'

/** Hooks of the Cloud Hypervisor driver: its console is not a serial port. */
export const chHooks: DocumentHooks<Domain> = { defaultArch: 'x86_64', features: new Set(['consoleAlone']) }
