// SPDX-License-Identifier: LGPL-2.1-or-later
// Domains that a node file brings along.
import type { TestState } from './state.js'

/** Takes a domain from a node file. */
export function loadDomain(_state: TestState, _xml: string, _folder: string): void {}
