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
const compiled = []
if (write)
  process.on('exit', () => {
    for (const [file, script] of compiled) writeFileSync(file, script.createCachedData())
  })

function load(file, exports) {
  const filename = join(__dirname, file)
  const cache = `${filename.slice(0, -4)}.cache`
  let cachedData
  try {
    if (!write) cachedData = readFileSync(cache)
  } catch {}
  const script = new vm.Script(readFileSync(filename, 'latin1'), { filename, cachedData })
  if (write) compiled.push([cache, script])
  script.runInThisContext()(exports, find, { exports }, filename, __dirname, (name) => import(name))
}

/** The exports of a file of ours. It is read when the first of them is asked for; from then on they are plain properties. */
function promised(file) {
  const get = (_, key) => {
    Object.setPrototypeOf(exports, Object.prototype)
    load(file, exports)
    return exports[key]
  }
  const exports = Object.create(new Proxy({}, { get }))
  loaded.set(file, exports)
  return exports
}

function find(name) {
  if (!name.startsWith('./')) return late(name)
  return loaded.get(name.slice(2)) ?? promised(name.slice(2))
}

const main = {}
loaded.set('virtd.cjs', main)
load('virtd.cjs', main)
