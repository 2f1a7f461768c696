// SPDX-License-Identifier: LGPL-2.1-or-later
// Scripts of the administrator that are asked or told at steps of an object's life: etc/libvirt/hooks.
import { spawn } from 'node:child_process'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ErrorDomain, ErrorNumber, errnoOf, type VirtError, virtError } from '@virt/core'

/** One occasion. */
export interface HookCall {
  /** Name of the object; `-` where there is none. */
  readonly object: string
  /** `prepare`, `start`, `started`, `stopped`, `release`, … */
  readonly operation: string
  /** `begin`, `end`; `-` when absent. */
  readonly phase?: string
  readonly extra?: string
  /** What the scripts get on their standard input: the object's document. */
  readonly input?: string
}

/** What a script did. */
export interface ScriptEnd {
  readonly code: number | undefined
  readonly signal: string | undefined
  readonly output: string
  readonly errors: string
}

/** Starts a script and waits for its end. */
export type RunScript = (path: string, args: readonly string[], input: string) => Promise<ScriptEnd>

/** Most that is kept of what a script says. */
const outputLimit = 1 << 20

/**
 * Hooks of one driver: `FOLDER/DRIVER` first, then the programs of `FOLDER/DRIVER.d` in the order of their names.
 * @since 0.1.0, `virHookCall`
 */
export class Hooks {
  readonly #folder: string
  readonly #driver: string
  readonly #run: RunScript

  /** @param folder `etc/libvirt/hooks` @param driver `qemu`, `lxc`, `network`, `daemon`, … */
  constructor(folder: string, driver: string, run: RunScript = runScript) {
    this.#folder = folder
    this.#driver = driver
    this.#run = run
  }

  /**
   * Runs all scripts, whatever is there now. The first that fails ends it.
   * @returns what they answered: each gets on its input what the one before has answered, if it has; undefined without scripts
   * @throws VirtError `hook-script-failed` with the script's end and what it said
   */
  async call({ object, operation, phase = '-', extra = '-', input = '' }: HookCall): Promise<string | undefined> {
    let answer: string | undefined
    for (const script of await this.scripts()) {
      const args = [object, operation, phase, extra]
      const given = answer !== undefined && answer !== '' ? answer : input
      let end: ScriptEnd
      try {
        end = await this.#run(script, args, given)
      } catch (error) {
        throw failed(`Failed to start hook script ${script}: ${errnoOf(error).text}`)
      }
      if (end.code !== 0) throw failed(describeEnd(script, args, end))
      if (end.output !== '' || answer === undefined) answer = end.output
    }
    return answer
  }

  /** The scripts that are there. */
  async scripts(): Promise<string[]> {
    const main = join(this.#folder, this.#driver)
    const more = join(this.#folder, `${this.#driver}.d`)
    const names = (await readdir(more).catch(() => [])).sort()
    const paths = [main, ...names.map((name) => join(more, name))]
    const usable = await Promise.all(paths.map(isProgram))
    return paths.filter((_, i) => usable[i])
  }
}

async function isProgram(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined)
  return found?.isFile() === true && (found.mode & 0o111) !== 0
}

function failed(detail: string): VirtError {
  return virtError(ErrorNumber.HOOK_SCRIPT_FAILED, ErrorDomain.HOOK, detail)
}

/** The end of a program as libvirt tells it. */
function describeEnd(path: string, args: readonly string[], { code, signal, errors }: ScriptEnd): string {
  const how = signal === undefined ? `unexpected exit status ${code}` : `unexpected fatal signal ${signal}`
  const said = errors.trim()
  return `internal error: Child process (${[path, ...args].join(' ')}) ${how}${said === '' ? '' : `: ${said}`}`
}

/** Starts a script with nothing of ours but where programs are. */
function runScript(path: string, args: readonly string[], input: string): Promise<ScriptEnd> {
  return new Promise((resolve, reject) => {
    const env = { PATH: process.env.PATH ?? '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' }
    const child = spawn(path, args, { env, cwd: '/', stdio: ['pipe', 'pipe', 'pipe'] })
    let output = ''
    let errors = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (output.length < outputLimit) output += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (errors.length < outputLimit) errors += text
    })
    child.on('error', reject)
    child.on('close', (code, signal) =>
      resolve({ code: code ?? undefined, signal: signal ?? undefined, output, errors }),
    )
    // A script need not read what it is given.
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  })
}
