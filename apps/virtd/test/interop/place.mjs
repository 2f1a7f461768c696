// SPDX-License-Identifier: GPL-2.0-or-later
// Where programs of the real libvirt world run: this machine, or a folder that holds another root with newer ones.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** @param root folder of another root, as debootstrap makes it; absent: this machine */
export function placeAt(root) {
  const inside = root ?? ''
  const place = {
    root,
    /** A new folder that programs of both sides can see. */
    scratch: (prefix) => mkdtempSync(join(inside, tmpdir(), prefix)),
    /** A path as programs there see it. */
    seen: (path) => (root !== undefined && path.startsWith(root) ? path.slice(root.length) : path),
    command: (name, args) => (root === undefined ? [name, args] : ['chroot', [root, name, ...args]]),
    run: (name, args, options) => runProgram(...place.command(name, args), options),
    /** Version of the libvirt there, as `9.0.0`; undefined without one. */
    level() {
      const [name, args] = place.command('virsh', ['--version'])
      const { stdout, status } = spawnSync(name, args, { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } })
      return status === 0 ? stdout.trim() : undefined
    },
  }
  return place
}

/** This machine. */
export const here = placeAt(undefined)

/**
 * Runs a program to its end.
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: Record<string, string>, timeout?: number, input?: string }} [options]
 * @returns {Promise<{ stdout: string, stderr: string, code: number | string }>}
 */
export function runProgram(command, args, { env, timeout = 30_000, input } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      env: { ...process.env, LC_ALL: 'C', LANG: 'C', ...env },
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      timeout,
      killSignal: 'SIGKILL',
    })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk) => {
      stdout += chunk
    })
    child.stderr.on('data', (chunk) => {
      stderr += chunk
    })
    child.on('error', (error) => resolve({ stdout, stderr: String(error), code: -1 }))
    child.on('close', (code, signal) => resolve({ stdout, stderr, code: code ?? signal }))
    if (input !== undefined) child.stdin.end(input)
  })
}
