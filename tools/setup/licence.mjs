// SPDX-License-Identifier: GPL-2.0-or-later
// `prepack` of every public package: puts the text of its licence into the tarball. npm always packs a file LICENSE.
import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { repo } from './run.mjs'

const { license } = JSON.parse(readFileSync('package.json', 'utf8'))
copyFileSync(join(repo, license.startsWith('LGPL') ? 'COPYING.LESSER' : 'COPYING'), 'LICENSE')
