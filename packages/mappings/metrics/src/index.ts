// SPDX-License-Identifier: LGPL-2.1-or-later
/**
 * Figures of a host and its guests for Prometheus, over the model of `@virt/sampler`.
 *
 * @packageDocumentation
 */

export { type MetricsOptions, metricsOf } from './registry.js'
export { Endpoint, type EndpointOptions } from './server.js'
