import type { DatabaseSync } from 'node:sqlite'
import {
  type AppliedMigration,
  missingOf,
  READ_RECORD,
  RECORD_TABLE,
  readMigrations,
  recordOf,
  toApplied,
} from './migrations.ts'

/**
 * Applies what is missing, each migration in a transaction of its own: a process killed in the middle
 * leaves those that are through, and the next start goes on. A schema that is up to date is only read.
 *
 * @throws {MigrationError} When the schema is newer than this binary, or an applied file changed.
 */
export function migrateSqlite(db: DatabaseSync, now: number, migrations = readMigrations()): void {
  const missing = () => missingOf(appliedToSqlite(db) ?? [], migrations)
  while (missing().length > 0) {
    db.exec('BEGIN IMMEDIATE')
    try {
      db.exec(RECORD_TABLE)
      // Looked at again: another process may have been here before us.
      const [next] = missing()
      if (next !== undefined) {
        db.exec(next.sql)
        db.prepare('INSERT INTO schema_migrations VALUES (?1, ?2, ?3, ?4)').run(
          ...recordOf(next, now),
        )
      }
      db.exec('COMMIT')
    } finally {
      if (db.isTransaction) db.exec('ROLLBACK')
    }
  }
}

const HAS_RECORD = "SELECT 1 FROM sqlite_schema WHERE name = 'schema_migrations'"

/** In order; undefined of a file that is not ours yet. */
export function appliedToSqlite(db: DatabaseSync): AppliedMigration[] | undefined {
  if (db.prepare(HAS_RECORD).get() === undefined) return undefined
  return db.prepare(READ_RECORD).all().map(toApplied)
}
