// SPDX-License-Identifier: GPL-2.0-or-later
// A few files for the daemon, what it may not need in files of their own, and the code V8 has compiled of each after a first
// round of calls: most of a cold start is finding, reading and compiling files.
import { spawn } from 'node:child_process'
import { chmodSync, copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from '@virt/core'
import { remote } from '@virt/remote'
import { rolldown } from 'rolldown'

rmSync('dist', { recursive: true, force: true })
const bundle = await rolldown({
  input: 'build/main.js',
  platform: 'node',
  external: [/^node:/, /\.node$/, 'kerberos', 'ssh2'],
  preserveEntrySignatures: false,
})
await bundle.write({
  dir: 'dist',
  format: 'cjs',
  sourcemap: true,
  entryFileNames: 'virtd.cjs',
  chunkFileNames: '[name]-[hash].cjs',
  minify: true,
  codeSplitting: {
    // The launcher reads a file when something in it is used. A first client needs no documents, and none of what is only
    // looked up to ask for access or to tell of events.
    groups: [
      { name: 'conf', test: /\/conf\/dist\// },
      { name: 'slots', test: /\/spi\.gen\.js$/ },
      ...['domain', 'network', 'storage', 'device'].map((part) => ({
        name: part,
        test: new RegExp(`/rpc/dist/remote/${part}\\.gen\\.js$`),
      })),
    ],
    includeDependenciesRecursively: false,
  },
})
await bundle.close()
// A function of CommonJS's five names, in ASCII, so that the launcher has nothing to decode or to add. Code that comes out
// of V8's cache has lost how it imports, so that what is only known at run time is imported by the launcher.
for (const name of readdirSync('dist').filter((name) => name.endsWith('.cjs'))) {
  const code = readFileSync(`dist/${name}`, 'utf8')
    .replace(/[^\0-\x7f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .replace(/\bimport\((?!["'`])/g, '__import(')
  writeFileSync(`dist/${name}`, `(function (exports, require, module, __filename, __dirname, __import) {${code}\n})`)
}
copyFileSync('launch/main.cjs', 'dist/main.cjs')
chmodSync('dist/main.cjs', 0o755)

const root = mkdtempSync(join(tmpdir(), 'virtd-'))
const daemon = spawn(process.execPath, ['dist/main.cjs', '--root', root], {
  env: { ...process.env, VIRTD_WRITE_CODE_CACHE: '1' },
  stdio: ['ignore', 'pipe', 'inherit'],
})
const ended = new Promise((resolve) => daemon.on('close', resolve))
try {
  await Promise.race([new Promise((resolve) => daemon.stdout.once('data', resolve)), ended])
  const socket = join(root, 'run/libvirt/libvirt-sock')
  // A host without QEMU says so, with the code that is wanted.
  await connect(`qemu+unix:///system?socket=${socket}`, { drivers: [remote()] }).then(
    (conn) => conn.close(),
    () => {},
  )
  const conn = await connect(`test+unix:///default?socket=${socket}`, { drivers: [remote()] })
  conn.on('lifecycle', () => {})
  for await (const domain of conn.domains.list()) await domain.xmlDesc()
  await conn.close()
} finally {
  daemon.kill()
  await ended
  rmSync(root, { recursive: true, force: true })
}
