import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'

/** Both `src/stores/sql` and the built `dist/stores/sql` lie three folders below the package. */
const MIGRATIONS = new URL('../../../migrations/', import.meta.url)

export interface Migration {
  version: number
  name: string
  sql: string
  checksum: string
}

/** What a database says about a migration that it has. */
export interface AppliedMigration {
  version: number
  name: string
  checksum: string
  /** Epoch milliseconds. */
  appliedAt: number
}

/** Where both engines keep their AppliedMigrations. */
export const RECORD_TABLE = `CREATE TABLE IF NOT EXISTS schema_migrations (
  version INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at BIGINT NOT NULL)`
export const READ_RECORD =
  'SELECT version, name, checksum, applied_at FROM schema_migrations ORDER BY version'

/** A row of READ_RECORD. */
export const toApplied = (row: Record<string, unknown>): AppliedMigration => ({
  version: Number(row.version),
  name: String(row.name),
  checksum: String(row.checksum),
  appliedAt: Number(row.applied_at),
})

/** The columns of a row of it. */
export const recordOf = (
  { version, name, checksum }: Migration,
  now: number,
): [number, string, string, number] => [version, name, checksum, now]

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
 * The migrations that a database with `applied` does not have yet, in order.
 *
 * @throws {MigrationError} When it is newer than this binary, or an applied file changed.
 */
export function missingOf(
  applied: readonly AppliedMigration[],
  migrations: readonly Migration[],
): readonly Migration[] {
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
  const versions = new Set(applied.map(({ version }) => version))
  return migrations.filter(({ version }) => !versions.has(version))
}
