/** Two nodes of the service on one PostgreSQL, in this process. */
import type { TestContext } from 'node:test'
import { seededRandom } from '../faults/random.ts'
import type { PostgresServer } from '../support/postgres.ts'
import { startTestService, type TestService } from '../support/service.ts'

/** Nodes of one database have one. */
const MASTER_KEY = 'a-master-key-that-only-tests-know-01234567'

export async function startNodes(
  t: TestContext,
  server: PostgresServer,
  environment: Readonly<Record<string, string | undefined>> = {},
) {
  const database = await server.createDatabase()
  const shared = { DATABASE_URL: database.url, JOTTER_MASTER_KEY: MASTER_KEY }
  const start = () => startTestService(t, { ...shared, ...environment })
  // At once: one of them makes the schema, the other waits for it.
  const nodes = await Promise.all([start(), start()])
  // After both, which were started later.
  t.after(() => database[Symbol.asyncDispose]())
  const random = seededRandom(t)
  return {
    nodes,
    database,
    /** Either of them. */
    any: (): TestService => nodes[Math.floor(random() * nodes.length)] as TestService,
    /** The same of both at the same time. */
    both: <T>(ask: (node: TestService) => Promise<T>): Promise<T[]> => Promise.all(nodes.map(ask)),
  }
}
