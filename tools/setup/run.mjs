// SPDX-License-Identifier: GPL-2.0-or-later
// Runs other programs, for tools that must work before any package is installed.
import { spawn } from 'node:child_process'
import { join } from 'node:path'

/** The folder of the clone. */
export const repo = join(import.meta.dirname, '../..')

// Nothing that we start reports about its user or asks the network whether it is new enough; its output is read, not seen.
const silence = {
  TURBO_TELEMETRY_DISABLED: '1',
  DO_NOT_TRACK: '1',
  TURBO_NO_UPDATE_NOTIFIER: '1',
  NO_UPDATE_NOTIFIER: '1',
  NO_COLOR: '1',
}

/**
 * Runs a command without a shell.
 * @param options.capture keep its output to oneself; else it goes to stderr as it comes
 * @param options.listen is given each piece of output as it comes
 * @param options.timeout in ms; then the command's whole process group is killed
 * @returns its output; rejects with `output` on the error when it fails
 */
export function run(command, args, { cwd = repo, capture = false, listen, env = {}, timeout } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...silence, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    let text = ''
    let late = false
    const take = (chunk) => {
      text += chunk
      if (!capture) process.stderr.write(chunk)
      listen?.(String(chunk))
    }
    const kill = (signal) => {
      try {
        process.kill(-child.pid, signal)
      } catch {
        // It has just ended.
      }
    }
    const leave = () => kill('SIGKILL')
    const interrupt = () => {
      leave()
      process.exit(130)
    }
    const timer = timeout
      ? setTimeout(() => {
          late = true
          kill('SIGKILL')
        }, timeout)
      : undefined
    process.once('SIGINT', interrupt)
    process.once('SIGTERM', interrupt)
    process.once('exit', leave)
    const settle = () => {
      clearTimeout(timer)
      process.off('SIGINT', interrupt)
      process.off('SIGTERM', interrupt)
      process.off('exit', leave)
    }
    child.stdout.on('data', take)
    child.stderr.on('data', take)
    child.on('error', (error) => {
      settle()
      reject(error)
    })
    child.on('close', (code, signal) => {
      settle()
      if (code === 0) return resolve(text)
      const why = late ? `took longer than ${timeout / 1000} s` : `ended with ${signal ?? code}`
      reject(Object.assign(new Error(`${command} ${args.join(' ')} ${why}`), { output: text }))
    })
  })
}
