import { statSync } from 'node:fs'
import { StoreUnavailable } from '../errors.ts'
import { isPostgres } from '../postgres-url.ts'
import type { AppliedMigration } from './sql/migrations.ts'

/**
 * The migrations that the database at `url` has, in order; undefined where there is no database of
 * jotter yet. Nothing is made and nothing changed.
 *
 * @param timeoutMs How long a server may take.
 * @throws {StoreUnavailable} When the database cannot be read.
 */
export function appliedTo(url: string, timeoutMs: number): Promise<AppliedMigration[] | undefined> {
  return isPostgres(url)
    ? appliedToServer(url, timeoutMs)
    : appliedToFile(url.slice('sqlite:'.length))
}

async function appliedToFile(path: string): Promise<AppliedMigration[] | undefined> {
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) === 0) return undefined
  const [{ DatabaseSync }, { appliedToSqlite }] = await Promise.all([
    import('node:sqlite'),
    import('./sql/sqlite-migrate.ts'),
  ])
  try {
    using db = new DatabaseSync(path, { readOnly: true, timeout: 1000 })
    return appliedToSqlite(db)
  } catch (cause) {
    throw new StoreUnavailable((cause as Error).message, { cause })
  }
}

async function appliedToServer(
  url: string,
  timeoutMs: number,
): Promise<AppliedMigration[] | undefined> {
  const [{ endSession, openSession, postgresConfig, toUnavailable }, { appliedToPostgres }] =
    await Promise.all([import('./sql/postgres-session.ts'), import('./sql/postgres-migrate.ts')])
  const { client } = await openSession(postgresConfig(url, timeoutMs))
  try {
    return await appliedToPostgres(client)
  } catch (error) {
    throw toUnavailable(error)
  } finally {
    await endSession(client)
  }
}
