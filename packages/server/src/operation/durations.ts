import type { Registry } from '@prometheus-io/client'

/** What one series counts: answers by bucket, all of them, and their seconds together. */
interface Series {
  readonly labels: Readonly<Record<string, string>>
  readonly buckets: number[]
  count: number
  sum: number
}

interface DurationsOptions {
  readonly name: string
  readonly help: string
  /** Upper bounds in seconds, ascending. */
  readonly bounds: readonly number[]
  readonly registry: Registry
}

/**
 * A histogram of answers by route template, method and status, in the form that the library prints.
 * The library's own makes a text of the labels and one of the bucket for every answer, which costs as
 * much as the limits and the identifier of a token together.
 */
export function durations({ name, help, bounds, registry }: DurationsOptions) {
  const routes = new Map<string, Map<string, Map<number, Series>>>()

  function seriesOf(route: string, method: string, status: number): Series {
    return routes.get(route)?.get(method)?.get(status) ?? open(route, method, status)
  }

  function open(route: string, method: string, status: number): Series {
    const labels = { route, method, status: String(status) }
    const series = { labels, buckets: bounds.map(() => 0), count: 0, sum: 0 }
    const methods = routes.get(route) ?? new Map<string, Map<number, Series>>()
    const statuses = methods.get(method) ?? new Map<number, Series>()
    routes.set(route, methods.set(method, statuses.set(status, series)))
    return series
  }

  function valuesOf({ labels, buckets, count, sum }: Series) {
    const metricName = `${name}_bucket`
    let below = 0
    const values = bounds.map((le, i) => {
      below += buckets[i] as number
      return { metricName, labels: { ...labels, le }, value: below }
    })
    return [
      ...values,
      { metricName, labels: { ...labels, le: '+Inf' }, value: count },
      { metricName: `${name}_sum`, labels, value: sum },
      { metricName: `${name}_count`, labels, value: count },
    ]
  }

  const all = () =>
    [...routes.values()].flatMap((m) => [...m.values()]).flatMap((s) => [...s.values()])
  const metric = {
    name,
    get: async () => ({
      name,
      help,
      type: 'histogram',
      values: all().flatMap(valuesOf),
      aggregator: 'sum',
    }),
    reset: () => routes.clear(),
  }
  // The library asks no more of a metric than this, but its types name a class.
  registry.registerMetric(metric as never)

  return function observe(route: string, method: string, status: number, seconds: number): void {
    const series = seriesOf(route, method, status)
    series.count += 1
    series.sum += seconds
    for (let i = 0; i < bounds.length; i += 1) {
      if (seconds > (bounds[i] as number)) continue
      series.buckets[i] = (series.buckets[i] as number) + 1
      return
    }
  }
}
