// SPDX-License-Identifier: LGPL-2.1-or-later
import { ErrorDomain } from '@virt/core'
import { type DocumentKind, documentKind } from '../runtime/document.js'
import type { HostSysinfoInput } from './inputs.gen.js'
import { hostSysinfo as root } from './schema.js'
import type { HostSysinfo } from './types.gen.js'

/** `<sysinfo>` of a host: what its firmware tells of it. */
export const hostSysinfo: DocumentKind<HostSysinfo, HostSysinfoInput> = documentKind<HostSysinfo, HostSysinfoInput>({
  root,
  domain: ErrorDomain.SYSINFO,
})
