// SPDX-License-Identifier: GPL-2.0-or-later
// One file for the daemon and one chunk per driver, loaded on first use: most of a cold start is finding files.
import { chmodSync } from 'node:fs'
import { rolldown } from 'rolldown'

const bundle = await rolldown({ input: 'build/main.js', platform: 'node', external: [/^node:/, /\.node$/] })
await bundle.write({
  dir: 'dist',
  format: 'esm',
  sourcemap: true,
  entryFileNames: 'main.js',
  chunkFileNames: 'chunks/[name]-[hash].js',
  minify: false,
})
await bundle.close()
chmodSync('dist/main.js', 0o755)
