// SPDX-License-Identifier: LGPL-2.1-or-later
// The model as metrics of prom-client: read from the model when they are asked for, never copied before.
import type { Sampler } from '@virt/sampler'
import { type Metric as ClientMetric, Registry } from 'prom-client'
import { exporterFamilies } from './exporter-names.js'
import { type Family, families, type Labels, type Metric } from './table.js'

/** How metrics are shown. */
export interface MetricsOptions {
  /** Also under the names of prometheus-libvirt-exporter. */
  exporterNames?: boolean
  /** How old figures may get before a question has them read again, in ms: 5000 by default. */
  maxAge?: number
  /** How long a question waits for that, in ms: 5000 by default; then it gets what there is. */
  patience?: number
}

interface Shown {
  readonly name: string
  readonly help: string
  readonly type: string
  readonly values: readonly { readonly value: number; readonly labels: Labels }[]
  readonly aggregator: 'omit'
}

/** Values in turns: a host with thousands of guests must not hold up others that ask. */
const turnEvery = 2000

async function show<T>(sampler: Sampler, family: Family<T>, metric: Metric<T>): Promise<Shown> {
  const values: { value: number; labels: Labels }[] = []
  let count = 0
  for (const thing of [...family.things(sampler)]) {
    const value = metric.read(thing)
    if (value !== undefined) values.push({ value: Number(value) / (metric.per ?? 1), labels: family.labels(thing) })
    if (++count % turnEvery === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  const { name, help, type } = metric
  return { name, help, type, values, aggregator: 'omit' }
}

/**
 * The metrics of a sampler, as a registry of prom-client: `registry.metrics()` is what Prometheus reads.
 * @since 0.1.0
 */
export function metricsOf(sampler: Sampler, options: MetricsOptions = {}): Registry {
  const registry = new Registry()
  const { maxAge = 5000, patience = 5000 } = options
  let refresh: Promise<void> | undefined
  const fresh = (): Promise<void> => {
    refresh ??= sampler.fresh({ maxAge, patience }).finally(() => {
      refresh = undefined
    })
    return refresh
  }
  for (const family of [...families, ...(options.exporterNames === true ? exporterFamilies : [])])
    for (const metric of family.metrics) {
      const own = {
        name: metric.name,
        get: async () => {
          await fresh()
          return await show(sampler, family, metric)
        },
      }
      // The registry asks no more of a metric than this; its type wants one of the library's own.
      registry.registerMetric(own as unknown as ClientMetric)
    }
  return registry
}
