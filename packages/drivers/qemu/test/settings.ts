// SPDX-License-Identifier: LGPL-2.1-or-later
// Settings as they are where nobody has set anything.
import type { CommandSettings } from '../src/command/build.js'
import { driverPaths } from '../src/host/paths.js'
import { commandSettings, readSettings } from '../src/host/settings.js'

const dirs = { config: '/nowhere', run: '/nowhere', state: '/nowhere', cache: '/nowhere', log: '/nowhere' }
const paths = driverPaths('embed', dirs as unknown as Parameters<typeof driverPaths>[1])

export const defaultSettings: CommandSettings = commandSettings(await readSettings(paths), paths)
