/**
 * Nodes of the service as processes of their own on one PostgreSQL, each with a ledger client that
 * asks it without a pause.
 */
import type { TestContext } from 'node:test'
import { judge, postgresSource, readLedger, startLedger } from '../support/ledger.ts'
import type { PostgresServer, TestDatabase } from '../support/postgres.ts'
import { openSandbox, type ServerProcess, startServer } from '../support/process.ts'
import { nothingLost, quantiles } from './figures.ts'

export type Ledger = ReturnType<typeof startLedger>

export interface ClusterOptions {
  /** 1 by default. */
  nodes?: number
  /** Where they find the database: its own port or that of a proxy. */
  port: number
  /** More settings of theirs. */
  environment?: Readonly<Record<string, string>>
  /** One that nobody empties afterwards; one of the server by default. */
  database?: TestDatabase
}

export async function startCluster(
  t: TestContext,
  server: PostgresServer,
  { nodes: count = 1, port, environment = {}, ...given }: ClusterOptions,
) {
  const database = given.database ?? (await server.createDatabase())
  const sandbox = openSandbox(t)
  if (given.database === undefined) t.after(() => database[Symbol.asyncDispose]())
  const DATABASE_URL = database.url.replace(`:${server.port}/`, `:${port}/`)
  const startNode = () => startServer(sandbox, { environment: { DATABASE_URL, ...environment } })
  const ledgers: Ledger[] = []

  function startClient({ address: url }: ServerProcess): Ledger {
    const client = startLedger(sandbox, { url, series: ledgers.length, concurrency: 16 })
    ledgers.push(client)
    return client
  }

  const nodes: ServerProcess[] = []
  for (let i = 0; i < count; i += 1) nodes.push(await startNode())
  const clients = nodes.map(startClient)
  await Promise.all(clients.map((client) => client.until(({ acked }) => acked >= 50)))

  return {
    database,
    nodes,
    clients,
    startNode,
    startClient,

    /**
     * Compares what all clients were told with what is there, or in the database that has taken over.
     * Fails when something is lost or doubled.
     */
    async judgeAll(where: Pick<TestDatabase, 'query'> = database) {
      await Promise.all(ledgers.map(({ file: _, ...client }) => client.stop()))
      const orders = ledgers.flatMap(({ file }) => readLedger(file))
      const verdict = await judge(orders, await postgresSource(where))
      const refusals = orders.flatMap(({ refused }) => refused ?? [])
      t.diagnostic(JSON.stringify(verdict))
      if (refusals.length > 0)
        t.diagnostic(`refused, ms: ${quantiles(refusals.map(({ ms }) => ms))}`)
      nothingLost(verdict)
      return { orders, refusals, verdict }
    },
  }
}
