import { DatabaseSync } from 'node:sqlite'
import type { PostgresServer } from '../support/postgres.ts'
import { temporaryFile } from './open.ts'

/** A database that several processes open, as one that only looks sees it. */
export interface SharedDatabase extends AsyncDisposable {
  readonly url: string
  /** One statement that reads; its first row. */
  look(sql: string): Promise<Record<string, unknown> | undefined>
}

export type OpenShared = () => Promise<SharedDatabase>

export const sharedSqlite: OpenShared = async () => {
  const file = temporaryFile()
  return {
    url: `sqlite:${file.path}`,
    async look(sql) {
      using db = new DatabaseSync(file.path, { readOnly: true })
      return db.prepare(sql).get()
    },
    async [Symbol.asyncDispose]() {
      file[Symbol.dispose]()
    },
  }
}

export const sharedPostgres =
  (server: PostgresServer): OpenShared =>
  async () => {
    const database = await server.createDatabase()
    return { ...database, look: async (sql) => (await database.query(sql))[0] }
  }
