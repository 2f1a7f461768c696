#!/usr/bin/env node
// SPDX-License-Identifier: GPL-2.0-or-later
// Starts the daemon from its bundle, with the code that V8 compiled when the bundle was made: half of a cold start is
// compiling. Another Node than the one that made it compiles again.
'use strict'
const { readFileSync, writeFileSync } = require('node:fs')
const { join } = require('node:path')
const vm = require('node:vm')

const filename = join(__dirname, 'virtd.js')
const write = process.env.VIRTD_WRITE_CODE_CACHE
let cachedData
try {
  if (write === undefined) cachedData = readFileSync(join(__dirname, 'virtd.cache'))
} catch {}
const script = new vm.Script(readFileSync(filename, 'latin1'), { filename, cachedData })
if (write !== undefined) process.on('exit', () => writeFileSync(write, script.createCachedData()))
script.runInThisContext()(exports, require, module, filename, __dirname, (name) => import(name))
