// SPDX-License-Identifier: LGPL-2.1-or-later
// Namespaces of the hypervisors; a driver puts its own into its DocumentHooks.
import type { Namespace } from '../runtime/context.js'
import * as schema from './schema/namespaces.js'

const uri = (name: string) => `http://libvirt.org/schemas/domain/${name}/1.0`

export const qemuNamespace: Namespace = { prefix: 'qemu', uri: uri('qemu'), element: schema.qemuNamespace }
export const lxcNamespace: Namespace = { prefix: 'lxc', uri: uri('lxc'), element: schema.lxcNamespace }
export const bhyveNamespace: Namespace = { prefix: 'bhyve', uri: uri('bhyve'), element: schema.bhyveNamespace }
export const xenNamespace: Namespace = { prefix: 'xen', uri: uri('xen'), element: schema.xenNamespace }
export const vmwareNamespace: Namespace = { prefix: 'vmware', uri: uri('vmware'), element: schema.vmwareNamespace }
