import type { DatabaseSync } from 'node:sqlite'
import {
  type AppliedMigration,
  missingOf,
  READ_RECORD,
  RECORD_TABLE,
  readMigrations,
  toApplied,
} from './migrations.ts'

/**
 * Applies what is missing, all of it in one transaction: a process killed in the middle leaves the
 * schema as it was. A schema that is up to date is only read.
 *
 * @throws {MigrationError} When the schema is newer than this binary, or an applied file changed.
 */
export function migrateSqlite(db: DatabaseSync, now: number, migrations = readMigrations()): void {
  if (missingOf(appliedToSqlite(db) ?? [], migrations).length === 0) return
  db.exec('BEGIN IMMEDIATE')
  try {
    db.exec(RECORD_TABLE)
    const record = db.prepare('INSERT INTO schema_migrations VALUES (?1, ?2, ?3, ?4)')
    // Looked at again: another process may have been here before us.
    for (const { version, name, sql, checksum } of missingOf(
      appliedToSqlite(db) ?? [],
      migrations,
    )) {
      db.exec(sql)
      record.run(version, name, checksum, now)
    }
    db.exec('COMMIT')
  } finally {
    if (db.isTransaction) db.exec('ROLLBACK')
  }
}

const HAS_RECORD = "SELECT 1 FROM sqlite_schema WHERE name = 'schema_migrations'"

/** In order; undefined of a file that is not ours yet. */
export function appliedToSqlite(db: DatabaseSync): AppliedMigration[] | undefined {
  if (db.prepare(HAS_RECORD).get() === undefined) return undefined
  return db.prepare(READ_RECORD).all().map(toApplied)
}
