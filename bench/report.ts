/**
 * From samples to rows of medians. Only samples of the same round are compared with each other:
 * a machine that other work shares is faster in one minute than in the next.
 *
 * @module
 */
import type { LoadResult } from './load.ts'
import { median } from './median.ts'
import { durableFloors } from './servers.ts'
import { type Columns, figure } from './table.ts'

export interface Sample {
  /** That a durable store had before. */
  readonly rows: number
  readonly server: string
  readonly connections: number
  readonly round: number
  readonly load: LoadResult
}

/** Medians over the rounds; a column is `undefined` where there was nothing to compare with. */
export interface Summary {
  readonly rows: number
  readonly server: string
  readonly connections: number
  readonly requestsPerSecond: number
  /** Requests per second as a part of those of the floor without a store, in the same round. */
  readonly ofNone: number | undefined
  /** The same for the best of the durable floors on the same engine. */
  readonly ofDurable: number | undefined
  /** The same for what one writes by tomorrow. */
  readonly ofExpress: number | undefined
  readonly cpuMicros: number | undefined
  readonly p50: number
  readonly p99: number
  readonly residentMiB: number | undefined
  /** All rounds together. */
  readonly errors: number
  /** The load generator was busy all the time: the server may be faster than this. */
  readonly limitedByLoad: boolean
}

function medianOf(samples: readonly Sample[], value: (sample: Sample) => number | undefined) {
  const known = samples.map(value).filter((v) => v !== undefined)
  return known.length === 0 ? undefined : median(known)
}

/** One row per number of rows, connections and server, in the order of the samples. */
export function summarize(samples: readonly Sample[]): Summary[] {
  const rate = (sample: Sample, servers: readonly string[]) => {
    const peers = samples.filter(
      (s) =>
        s.round === sample.round &&
        s.rows === sample.rows &&
        s.connections === sample.connections &&
        servers.includes(s.server),
    )
    if (peers.length === 0) return undefined
    return sample.load.requestsPerSecond / Math.max(...peers.map((s) => s.load.requestsPerSecond))
  }
  const groups = Map.groupBy(samples, (s) => `${s.rows} ${s.connections} ${s.server}`)
  return [...groups.values()].map((group) => {
    const [{ rows, server, connections }] = group as [Sample]
    const errors = group.flatMap((s) => Object.values(s.load.errors))
    return {
      rows,
      server,
      connections,
      requestsPerSecond: median(group.map((s) => s.load.requestsPerSecond)),
      ofNone: medianOf(group, (s) => rate(s, ['none'])),
      ofDurable: medianOf(group, (s) => rate(s, durableFloors(server))),
      ofExpress: medianOf(group, (s) => rate(s, ['express'])),
      cpuMicros: medianOf(group, (s) => s.load.cpuMicrosPerRequest),
      p50: median(group.map((s) => s.load.p50)),
      p99: median(group.map((s) => s.load.p99)),
      residentMiB: medianOf(group, (s) => s.load.residentMiB),
      errors: errors.reduce((sum, n) => sum + n, 0),
      limitedByLoad: group.some((s) => s.load.loadCores > 0.95),
    }
  })
}

export const SUMMARY_COLUMNS: Columns<Summary> = [
  ['ROWS', (row) => String(row.rows)],
  ['CONNECTIONS', (row) => String(row.connections)],
  ['SERVER', (row) => row.server],
  ['REQ/S', (row) => `${row.limitedByLoad ? '>' : ''}${row.requestsPerSecond.toFixed(0)}`],
  ['/NONE', (row) => figure(row.ofNone, 2)],
  ['/DURABLE', (row) => figure(row.ofDurable, 2)],
  ['/EXPRESS', (row) => figure(row.ofExpress, 2)],
  ['CPU us', (row) => figure(row.cpuMicros)],
  ['P50 ms', (row) => figure(row.p50, 2)],
  ['P99 ms', (row) => figure(row.p99, 2)],
  ['RSS MiB', (row) => figure(row.residentMiB)],
  ['ERRORS', (row) => String(row.errors)],
]
