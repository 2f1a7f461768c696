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

const write = process.env.VIRTD_WRITE_CODE_CACHE !== undefined
const loaded = new Map()

function load(file) {
  const filename = join(__dirname, file)
  const cache = `${filename.slice(0, -3)}.cache`
  let cachedData
  try {
    if (!write) cachedData = readFileSync(cache)
  } catch {}
  const script = new vm.Script(readFileSync(filename, 'latin1'), { filename, cachedData })
  if (write) process.on('exit', () => writeFileSync(cache, script.createCachedData()))
  const chunk = { exports: {} }
  loaded.set(file, chunk)
  script.runInThisContext()(chunk.exports, find, chunk, filename, __dirname, (name) => import(name))
  return chunk
}

function find(name) {
  return name.startsWith('./') ? (loaded.get(name.slice(2)) ?? load(name.slice(2))).exports : late(name)
}

load('virtd.js')
