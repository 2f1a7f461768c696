#!/usr/bin/env node
// SPDX-License-Identifier: GPL-2.0-or-later
// Starts the daemon from its bundle, with the code that V8 compiled when the bundle was made: half of a cold start is
// compiling. Another Node than the one that made it compiles again.
'use strict'
const { readFileSync, writeFileSync } = require('node:fs')
const { join } = require('node:path')
const vm = require('node:vm')

// Parts of Node that nobody needs to get ready are loaded when somebody asks for something in them.
const needed = ['node:events', 'node:fs', 'node:net', 'node:os', 'node:path', 'node:stream', 'node:util']
// Some are functions themselves: node:assert.
const late = (name) =>
  needed.includes(name)
    ? require(name)
    : new Proxy(() => {}, {
        get: (_, key) => require(name)[key],
        apply: (_, self, args) => Reflect.apply(require(name), self, args),
      })

const filename = join(__dirname, 'virtd.js')
const write = process.env.VIRTD_WRITE_CODE_CACHE
let cachedData
try {
  if (write === undefined) cachedData = readFileSync(join(__dirname, 'virtd.cache'))
} catch {}
const script = new vm.Script(readFileSync(filename, 'latin1'), { filename, cachedData })
if (write !== undefined) process.on('exit', () => writeFileSync(write, script.createCachedData()))
script.runInThisContext()(exports, late, module, filename, __dirname, (name) => import(name))
