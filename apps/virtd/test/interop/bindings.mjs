// SPDX-License-Identifier: GPL-2.0-or-later
// Language bindings and other programs of the libvirt world: each runs on libvirt's own test driver in its process, and on a
// daemon; both must say the same, and nothing must have failed.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startLibvirtd, startVirtd } from './peers.mjs'
import { here } from './place.mjs'

const folder = join(import.meta.dirname, 'bindings')
const script = (name) => join(folder, name)
const go = (built, name) => ({
  build: [['go', ['build', '-o', join(built, name), join(folder, name, 'main.go')]]],
  env: { GO111MODULE: 'off', GOPATH: '/usr/share/gocode', GOCACHE: join(built, 'cache') },
  run: [join(built, name)],
})

/**
 * Each row: a file that is there when the program can run, and how it runs; `wire` ones take the path of a socket and have no
 * driver of their own to be compared with.
 */
const rows = (built) => ({
  python: { needs: '/usr/lib/python3/dist-packages/libvirt.py', run: ['/usr/bin/python3', script('check.py')] },
  perl: { needs: '/usr/lib/x86_64-linux-gnu/perl5/5.36/Sys/Virt.pm', run: ['perl', script('check.pl')] },
  php: { needs: '/usr/lib/php/20220829/libvirt-php.so', run: ['php', script('check.php')] },
  ruby: { needs: '/usr/lib/ruby/vendor_ruby/libvirt.rb', run: ['/usr/bin/ruby', script('check.rb')] },
  ocaml: {
    needs: '/usr/lib/ocaml/libvirt/META',
    build: [
      ['cp', [script('check.ml'), built]],
      [
        'ocamlfind',
        ['ocamlopt', '-package', 'libvirt', '-linkpkg', join(built, 'check.ml'), '-o', join(built, 'ocaml')],
      ],
    ],
    run: [join(built, 'ocaml')],
  },
  'go-cgo': { needs: '/usr/share/gocode/src/github.com/libvirt/libvirt-go', ...go(built, 'go-cgo') },
  'go-pure': { needs: '/usr/share/gocode/src/github.com/digitalocean/go-libvirt', ...go(built, 'go-pure'), wire: true },
  pygobject: {
    needs: '/usr/lib/x86_64-linux-gnu/girepository-1.0/LibvirtGObject-1.0.typelib',
    run: ['/usr/bin/python3', script('check-gi.py')],
  },
  gjs: { needs: '/usr/bin/gjs', run: ['gjs', script('check.js')] },
  'virt-install': { needs: '/usr/bin/virt-install', run: ['sh', script('virt-install.sh')] },
  exporter: { needs: '/usr/bin/prometheus-libvirt-exporter', run: ['sh', script('exporter.sh')] },
})

/** Runs every program that is there. @returns counts of the checks that they made */
export async function bindings({ peer = 'virtd', only, say = console.log } = {}) {
  const built = mkdtempSync(join(tmpdir(), 'bindings-'))
  const result = { passed: 0, failed: 0, skipped: 0 }
  const fail = (name, why) => {
    result.failed++
    say(`FAIL ${name}: ${why}`)
  }
  try {
    // libvirt-dbus has fixed URIs: its objects of the test driver live in its own process, those of QEMU need that driver.
    say('SKIPPED: libvirt-dbus reaches no daemon with the test driver')
    result.skipped++
    for (const [name, row] of Object.entries(rows(built))) {
      if (only !== undefined && !name.includes(only)) continue
      if (!existsSync(row.needs)) {
        say(`SKIPPED: ${name} is not installed (${row.needs})`)
        result.skipped++
        continue
      }
      await one(name, row, peer, result, fail)
    }
  } finally {
    rmSync(built, { recursive: true, force: true })
  }
  return result
}

async function one(name, { run, build = [], env, wire }, peer, result, fail) {
  for (const [command, args] of build) {
    const { code, stdout, stderr } = await here.run(command, args, { env, timeout: 180_000 })
    if (code !== 0) return fail(name, `it does not build: ${stdout}${stderr}`)
  }
  const daemon = await (peer === 'virtd' ? startVirtd() : startLibvirtd())
  try {
    const uri = `test+unix:///default?socket=${daemon.socket}`
    const [command, ...args] = run
    const there = await here.run(command, [...args, wire ? daemon.socket : uri], { env, timeout: 60_000 })
    const said = lines(there.stdout)
    const bad = said.filter((line) => !line.startsWith('ok '))
    if (there.code !== 0 || bad.length > 0 || said.length === 0)
      return fail(name, `exit status ${there.code}: ${bad.join('; ')} ${there.stderr.slice(-500)}`)
    if (!wire) {
      const own = await here.run(command, [...args, 'test:///default'], { env, timeout: 60_000 })
      const expected = lines(own.stdout)
      const at = expected.findIndex((line, i) => line !== said[i])
      if (at >= 0 || expected.length !== said.length)
        return fail(name, `on libvirt's own driver it says ${expected[at] ?? 'less'}, here ${said[at] ?? 'less'}`)
    }
    result.passed += said.length
  } finally {
    await daemon.stop()
  }
}

const lines = (text) => text.split('\n').filter((line) => /^(?:not )?ok /.test(line))
