/** What nodes share that are processes of their own: an empty database of either engine. */
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { openStores, type Stores } from '../../packages/server/src/stores/open.ts'
import type { PostgresServer } from '../support/postgres.ts'
import { openSandbox, type ServerProcess, startServer } from '../support/process.ts'

export interface Share {
  startNode(environment?: Readonly<Record<string, string>>): Promise<ServerProcess>
  /** The database as another process sees it: this one. */
  readonly stores: Stores
}

/** The nodes on the database at `url`. */
export async function shareOf(t: TestContext, url: string): Promise<Share> {
  const sandbox = openSandbox(t)
  // Patient, unlike a node: what it says is a test's, and a busy machine is no failure.
  const stores = await openStores(url, { now: Date.now(), timeoutMs: 10_000 })
  t.after(() => stores.close())
  return {
    stores,
    startNode: (environment = {}) =>
      startServer(sandbox, { environment: { DATABASE_URL: url, ...environment } }),
  }
}

/** By the name of the engine, for the tests that are the same of both. */
export const sharesOf = (server: PostgresServer) => ({
  async 'a SQLite file'(t: TestContext): Promise<Share> {
    const { folder } = openSandbox(t)
    return shareOf(t, `sqlite:${join(folder, 'jotter.db')}`)
  },

  async PostgreSQL(t: TestContext): Promise<Share> {
    const database = await server.createDatabase()
    const share = await shareOf(t, database.url)
    t.after(() => database[Symbol.asyncDispose]())
    return share
  },
})
