// SPDX-License-Identifier: GPL-2.0-or-later
// One small file: somebody waits for this program each time they connect, and needs little of the packages below.
import { chmodSync, rmSync } from 'node:fs'
import { rolldown } from 'rolldown'

rmSync('dist', { recursive: true, force: true })
const bundle = await rolldown({
  input: 'build/main.js',
  platform: 'node',
  external: [/^node:/, 'kerberos', 'ssh2', '@virt/native'],
})
await bundle.write({ file: 'dist/main.js', format: 'esm', codeSplitting: false, minify: true })
await bundle.close()
chmodSync('dist/main.js', 0o755)
