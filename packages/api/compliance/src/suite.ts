// SPDX-License-Identifier: LGPL-2.1-or-later
// What a suite is made of, and what it is run against.
import { type Connection, isVirtError, type SlotName, type SlotTable } from '@virt/core'

/** Documents of the smallest objects that a driver accepts. */
export interface Templates {
  domain(name: string): string
  network?(name: string): string
  pool?(name: string): string
  volume?(name: string, bytes: bigint): string
  interface?(name: string): string
  snapshot?(name: string): string
  /** A secret that keeps its value and shows it. */
  secret?(name: string): string
  /** A port of a network that runs. */
  port?(uuid: string): string
  /** A device that the host makes when it is asked to. */
  nodeDevice?(): string
}

/** What a suite is run against: a driver in this process, the same behind a daemon, or any daemon. */
export interface Target {
  readonly name: string
  /** What the driver says it has; slots that are not in it must answer `no-support`. */
  readonly supports: SlotTable
  readonly templates: Templates
  /** A connection; fresh state is not needed, every test cleans up after itself. */
  open(options?: { readOnly?: boolean }): Promise<Connection>
}

/** One thing that must hold. */
export interface ComplianceTest {
  /** A sentence. */
  readonly name: string
  /** Slots it needs; without them the target is asked for `no-support` instead where that is possible. */
  readonly needs: readonly SlotName[]
  run(connection: Connection, target: Target): Promise<void>
}

export interface Suite {
  readonly name: string
  readonly tests: readonly ComplianceTest[]
}

/** Raised by a check that does not hold. */
export class ComplianceError extends Error {
  override name = 'ComplianceError'
}

/** Holds, or ends the test. */
export function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new ComplianceError(what)
}

/** The same value, compared as JSON would. */
export function same(got: unknown, expected: unknown, what: string): void {
  const text = (value: unknown): string =>
    JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? `${v}n` : v)) ?? 'undefined'
  check(text(got) === text(expected), `${what}: got ${text(got)}, expected ${text(expected)}`)
}

/** The call must fail with this code of libvirt, or one of these. */
export async function fails(
  call: () => Promise<unknown>,
  codes: string | readonly string[],
  what: string,
): Promise<void> {
  const expected = typeof codes === 'string' ? [codes] : codes
  try {
    await call()
  } catch (error) {
    check(isVirtError(error), `${what}: failed with something that is no VirtError: ${String(error)}`)
    check(
      expected.includes(error.code),
      `${what}: failed with '${error.code}' (${error.message}), expected '${expected.join("' or '")}'`,
    )
    return
  }
  throw new ComplianceError(`${what}: did not fail, expected '${expected.join("' or '")}'`)
}

let counter = 0
/** A name that no other test uses. */
export const uniqueName = (kind: string): string => `virt-${kind}-${process.pid}-${++counter}`
