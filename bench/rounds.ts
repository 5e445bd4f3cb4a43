/**
 * Interleaved rounds of issuing tokens: for every figure a fresh process with a store of its own.
 *
 * @module
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type PostgresServer, startPostgres } from '../test/support/postgres.ts'
import type { FilledStores } from './history.ts'
import type { LoadResult } from './load.ts'
import { loadNodes } from './loading.ts'
import { type RunningServer, startServer } from './process.ts'
import type { Sample } from './report.ts'
import { SERVERS, type Server, type ServerName } from './servers.ts'

/** Until then the compiler works beside the code it makes faster. */
const WARMUP_SECONDS = 4

export interface RoundsOptions {
  /** The temporary folder. */
  readonly root: string
  readonly names: readonly ServerName[]
  readonly connections: readonly number[]
  readonly rounds: number
  readonly seconds: number
  readonly rows: number
  /** The past of the durable servers, when there are rows. */
  readonly stores: FilledStores
}

/** How long the rounds take, without filling and copying. */
export function minutesOf({ names, connections, rounds, seconds }: RoundsOptions) {
  const measurements = rounds * connections.length * names.length
  return Math.ceil((measurements * (seconds + WARMUP_SECONDS + 1)) / 60)
}

async function measure(
  name: ServerName,
  connections: number,
  { root, rows, seconds, stores }: RoundsOptions,
  postgres: PostgresServer | undefined,
): Promise<LoadResult> {
  const server: Server = SERVERS[name]
  const dir = mkdtempSync(join(root, `${name}-`))
  try {
    if (rows > 0 && server.durable) {
      if (server.fill === undefined) throw new Error(`${name} has no way to be filled`)
      await stores.copy(server.fill, dir)
    }
    await using database = server.postgres && (await postgres?.createDatabase())
    await using nodes = new AsyncDisposableStack()
    const running: RunningServer[] = []
    // One after the other: the first makes what they share.
    for (let i = 0; i < (server.nodes ?? 1); i += 1)
      running.push(nodes.use(await startServer(server, dir, database?.url)))
    return await loadNodes(running, { connections, seconds, warmup: WARMUP_SECONDS })
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

/** Progress goes to stderr. */
export async function issueRounds(options: RoundsOptions): Promise<Sample[]> {
  const samples: Sample[] = []
  const { names, connections, rounds, rows } = options
  const endings: (() => Promise<void>)[] = []
  const asked = names.some((name) => (SERVERS[name] as Server).postgres)
  const postgres = asked
    ? await startPostgres({ after: (end) => void endings.push(end) })
    : undefined
  for (const count of connections) {
    for (let round = 1; round <= rounds; round++) {
      for (const server of names) {
        const load = await measure(server, count, options, postgres)
        samples.push({ rows, server, connections: count, round, load })
        const rate = `${Math.round(load.requestsPerSecond)}/s`
        process.stderr.write(
          `${rows} rows, ${count} connections, round ${round}, ${server}: ${rate}\n`,
        )
      }
    }
  }
  for (const end of endings) await end()
  return samples
}
