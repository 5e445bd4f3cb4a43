import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStores, type Stores } from '../../packages/server/src/stores/open.ts'
import { openPostgres } from '../../packages/server/src/stores/sql/postgres.ts'
import { phoneSegments } from '../../packages/server/src/stores/sql/segments.ts'
import { openSqlite } from '../../packages/server/src/stores/sql/sqlite.ts'
import { sqlStores } from '../../packages/server/src/stores/sql/stores.ts'
import { sqlTransactions } from '../../packages/server/src/stores/sql/transactions.ts'
import type { PostgresServer } from '../support/postgres.ts'

/** Stores that begin empty, and leave nothing behind when they are disposed of. */
export type OpenStores = () => Promise<Stores & AsyncDisposable>

/** How often random data is tried; `npm run test:long` tries more of it. */
export const RUNS = process.env.JOTTER_TEST_LONG === undefined ? 1 : 20
/** Making a failure smaller ends after this time. */
export const LONGEST_MS = 10_000 * RUNS

/** What is compared here are answers, not times: a busy machine may take longer than a client waits. */
const OPTIONS = { now: 1_800_000_000_000, timeoutMs: 20_000 }

/** The path of a database that is not there yet, in a folder that goes with it. */
export function temporaryFile() {
  const folder = mkdtempSync(join(tmpdir(), 'jotter-stores-'))
  return {
    path: join(folder, 'jotter.db'),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  }
}

/** What the SQLite stores are made on. */
export function openDriver() {
  const { path, [Symbol.dispose]: remove } = temporaryFile()
  const driver = openSqlite(path, OPTIONS)
  return {
    ...driver,
    path,
    async [Symbol.asyncDispose]() {
      await driver.close()
      remove()
    },
  }
}

/** The same, each on a database of its own in `server`. */
export const openPostgresDriverOn = (server: PostgresServer) => async () => {
  const database = await server.createDatabase()
  const driver = await openPostgres(database.url, OPTIONS)
  return {
    ...driver,
    async [Symbol.asyncDispose]() {
      await driver.close()
      await database[Symbol.asyncDispose]()
    },
  }
}

const closing = (stores: Stores, release: () => unknown = () => {}) => ({
  ...stores,
  async [Symbol.asyncDispose]() {
    await stores.close()
    await release()
  },
})

export const openMemory: OpenStores = async () => closing(await openStores('memory:', OPTIONS))

export const openSqliteFile: OpenStores = async () => {
  const file = temporaryFile()
  const stores = await openStores(`sqlite:${file.path}`, OPTIONS)
  return closing(stores, file[Symbol.dispose])
}

/** Each on a database of its own in `server`. */
export const openPostgresOn =
  (server: PostgresServer): OpenStores =>
  async () => {
    const database = await server.createDatabase()
    const stores = await openStores(database.url, OPTIONS)
    return closing(stores, () => database[Symbol.asyncDispose]())
  }

/** The index by phone number is cut into segments of many rows. Here every write opens another one. */
export const openSqliteOfManySegments: OpenStores = async () => {
  const driver = openDriver()
  return {
    ...sqlStores(driver),
    transactions: sqlTransactions(driver, phoneSegments(driver, 1)),
    [Symbol.asyncDispose]: driver[Symbol.asyncDispose],
  }
}
