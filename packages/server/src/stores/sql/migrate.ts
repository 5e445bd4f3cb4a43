import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'

/** Both `src/stores/sql` and the built `dist/stores/sql` lie three folders below the package. */
const MIGRATIONS = new URL('../../../migrations/', import.meta.url)

interface Migration {
  version: number
  name: string
  sql: string
  checksum: string
}

/** The schema cannot be brought to what this binary knows. Nothing was changed. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError'
}

/** The migrations of this binary in order. Forward only: an applied file never changes. */
export function readMigrations(folder: URL = MIGRATIONS): Migration[] {
  return readdirSync(folder)
    .filter((file) => /^\d{4}-[a-z0-9-]+\.sql$/.test(file))
    .sort()
    .map((file) => {
      const sql = readFileSync(new URL(file, folder), 'utf8')
      const checksum = createHash('sha256').update(sql).digest('hex')
      return { version: Number(file.slice(0, 4)), name: file.slice(5, -4), sql, checksum }
    })
}

/**
 * Applies what is missing, all of it in one transaction: a process killed in the middle leaves the
 * schema as it was. A schema that is up to date is only read.
 *
 * @throws {MigrationError} When the schema is newer than this binary, or an applied file changed.
 */
export function migrate(db: DatabaseSync, now: number, migrations = readMigrations()): void {
  if (missing(db, migrations).length === 0) return
  db.exec('BEGIN IMMEDIATE')
  try {
    db.exec(`CREATE TABLE IF NOT EXISTS schema_migrations (
      version INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at BIGINT NOT NULL)`)
    const record = db.prepare('INSERT INTO schema_migrations VALUES (?1, ?2, ?3, ?4)')
    // Looked at again: another process may have been here before us.
    for (const { version, name, sql, checksum } of missing(db, migrations)) {
      db.exec(sql)
      record.run(version, name, checksum, now)
    }
    db.exec('COMMIT')
  } finally {
    if (db.isTransaction) db.exec('ROLLBACK')
  }
}

const HAS_RECORD = "SELECT 1 FROM sqlite_schema WHERE name = 'schema_migrations'"

/** The migrations that `db` does not have yet. @throws {MigrationError} */
function missing(db: DatabaseSync, migrations: readonly Migration[]): readonly Migration[] {
  if (db.prepare(HAS_RECORD).get() === undefined) return migrations
  const applied = db.prepare('SELECT version, name, checksum FROM schema_migrations').all()
  for (const { version, name, checksum } of applied) {
    const known = migrations.find((migration) => migration.version === version)
    if (known === undefined) {
      throw new MigrationError(
        `the database has migration ${version} (${name}), which this jotter does not know: it is newer`,
      )
    }
    if (known.checksum !== checksum) {
      throw new MigrationError(`migration ${version} (${name}) was changed after it was applied`)
    }
  }
  return migrations.slice(applied.length)
}
