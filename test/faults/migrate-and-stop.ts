/**
 * Migrates the file `argv[2]` and stops when SQLite asks for the permission number
 * `argv[3]`: it asks several times for every statement, so that the numbers reach every place where
 * a migration can be cut in two. Says `stopped` or, when there is no such number, `through`.
 *
 * @module
 */
import { writeSync } from 'node:fs'
import { constants, DatabaseSync } from 'node:sqlite'
import { readMigrations } from '../../packages/server/src/stores/sql/migrations.ts'
import { migrateSqlite } from '../../packages/server/src/stores/sql/sqlite-migrate.ts'

/** What a later version could bring. */
const LATER = {
  version: 9_999,
  name: 'later',
  checksum: 'of-later',
  sql: `CREATE TABLE later (id TEXT PRIMARY KEY);
    INSERT INTO later SELECT id FROM customers;
    ALTER TABLE customers ADD COLUMN later TEXT;
    UPDATE customers SET later = id;
    CREATE INDEX customers_by_later ON customers (later);`,
}

const db = new DatabaseSync(process.argv[2] as string)
let left = Number(process.argv[3])
db.setAuthorizer(() => {
  left -= 1
  if (left === 0) {
    writeSync(1, 'stopped')
    // Killed by then.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000)
    process.exit(1)
  }
  return constants.SQLITE_OK
})
migrateSqlite(db, 0, [...readMigrations(), LATER])
writeSync(1, 'through')
