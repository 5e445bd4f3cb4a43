/**
 * Migrates the file `argv[2]` and stops when SQLite asks for the permission number
 * `argv[3]`: it asks several times for every statement, so that the numbers reach every place where
 * a migration can be cut in two. Says `stopped` or, when there is no such number, `through`.
 *
 * @module
 */
import { writeSync } from 'node:fs'
import { constants, DatabaseSync } from 'node:sqlite'
import { migrateSqlite } from '../../packages/server/src/stores/sql/sqlite-migrate.ts'
import { WITH_LATER } from './later-migrations.ts'

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
migrateSqlite(db, 0, WITH_LATER)
writeSync(1, 'through')
