/**
 * How long it takes to find a transaction, HTTP to HTTP, by xid and by phone number, in stores of
 * several sizes: one connection, so that the time is that of one look-up and not of a queue.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FilledStores } from './history.ts'
import type { LoadResult } from './load.ts'
import { loadServer } from './loading.ts'
import { median } from './median.ts'
import { type RunningServer, startServer } from './process.ts'
import type { Requests } from './requests.ts'
import { SERVERS } from './servers.ts'
import { type Columns, figure } from './table.ts'

const WAYS = {
  xid: (row: { xid: string }) => `/v1/transactions/${row.xid}`,
  phone: (row: { phone: string }) => `/v1/transactions?phone_number=${row.phone}`,
} as const
const WARMUP_SECONDS = 2

/** Medians over the rounds. */
export interface LookUpRow {
  readonly by: string
  readonly rows: number
  /** Microseconds from request to whole answer. */
  readonly p50: number
  readonly p99: number
  readonly cpuMicros: number | undefined
  /** The p50 as a multiple of that with the fewest rows, in the same round. */
  readonly ofFewest: number
  readonly errors: number
}

export const LOOK_UP_COLUMNS: Columns<LookUpRow> = [
  ['BY', (row) => row.by],
  ['ROWS', (row) => String(row.rows)],
  ['P50 us', (row) => row.p50.toFixed(0)],
  ['P99 us', (row) => row.p99.toFixed(0)],
  ['CPU us', (row) => figure(row.cpuMicros)],
  ['/FEWEST', (row) => row.ofFewest.toFixed(2)],
  ['ERRORS', (row) => String(row.errors)],
]

interface LookUpOptions {
  readonly root: string
  readonly rounds: number
  readonly seconds: number
  /** By number of rows, fewest first. */
  readonly stores: ReadonlyMap<number, FilledStores>
}

interface Target {
  readonly by: string
  readonly rows: number
  readonly running: RunningServer
  /** File of the requests. */
  readonly requests: string
}

/** A server on each store, and for each the requests of each way. */
async function openTargets({ root, stores }: LookUpOptions, servers: AsyncDisposableStack) {
  const key = randomBytes(32).toString('hex')
  const server = { ...SERVERS.jotter, env: { ...SERVERS.jotter.env, JOTTER_ADMIN_KEY: key } }
  const targets: Target[] = []
  for (const [rows, filled] of stores) {
    const { dir, samples } = await filled.filledBy(server.fill)
    const running = servers.use(await startServer(server, dir))
    for (const [by, path] of Object.entries(WAYS)) {
      const requests = join(root, `look-up-${by}-${rows}.json`)
      const content: Requests = {
        paths: samples.map(path),
        authorization: `Bearer ${key}`,
        // A page without transactions is a 200 as well.
        expected: '"phone_number":"',
      }
      writeFileSync(requests, JSON.stringify(content))
      targets.push({ by, rows, running, requests })
    }
  }
  return targets
}

/** Progress goes to stderr. */
export async function measureLookUps(options: LookUpOptions): Promise<LookUpRow[]> {
  await using servers = new AsyncDisposableStack()
  const targets = await openTargets(options, servers)
  const loads = new Map(targets.map((target) => [target, [] as LoadResult[]]))
  for (let round = 1; round <= options.rounds; round++) {
    for (const [{ by, rows, running, requests }, results] of loads) {
      const load = { connections: 1, seconds: options.seconds, warmup: WARMUP_SECONDS, requests }
      results.push(await loadServer(running, load))
      process.stderr.write(`look-up by ${by} in ${rows} rows, round ${round}\n`)
    }
  }
  // Targets are in the order of their rows: the first of each way is the smallest.
  const fewest = Map.groupBy(targets, (target) => target.by)
  return targets.map((target) => {
    const smallest = loads.get(fewest.get(target.by)?.[0] ?? target) ?? []
    return rowOf(target, loads.get(target) ?? [], smallest)
  })
}

/** @param smallest The loads on the store with the fewest rows, by round. */
function rowOf(
  { by, rows }: Target,
  loads: readonly LoadResult[],
  smallest: readonly LoadResult[],
): LookUpRow {
  const known = loads.map((load) => load.cpuMicrosPerRequest).filter((v) => v !== undefined)
  return {
    by,
    rows,
    p50: median(loads.map((load) => load.p50)) * 1000,
    p99: median(loads.map((load) => load.p99)) * 1000,
    cpuMicros: known.length === 0 ? undefined : median(known),
    ofFewest: median(loads.map((load, i) => load.p50 / (smallest[i]?.p50 ?? Number.NaN))),
    errors: loads.flatMap((load) => Object.values(load.errors)).reduce((a, b) => a + b, 0),
  }
}
