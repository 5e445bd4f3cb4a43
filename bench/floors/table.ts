/**
 * The table of the durable floors: what a straight implementation would make, an index on xid and
 * one on the phone number, the engine's own defaults but for the journal.
 *
 * @module
 */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Row } from './http.ts'

const DURABLE = 'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;'
// Nobody needs the file if filling it is interrupted; the cache holds the index on phone.
const QUICK = 'PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -524288;'
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS tokens (
    xid TEXT PRIMARY KEY, phone_number TEXT NOT NULL, token TEXT NOT NULL, issued_at INTEGER NOT NULL
  );
  CREATE INDEX IF NOT EXISTS tokens_by_phone ON tokens (phone_number);`

/** The database in `dir`, with its table; every commit is on the disk when it returns. */
export function openDatabase(dir: string, pragmas = DURABLE) {
  const db = new DatabaseSync(join(dir, 'floor.db'))
  db.exec(pragmas + SCHEMA)
  return db
}

function open(dir: string, pragmas: string) {
  const db = openDatabase(dir, pragmas)
  const begin = db.prepare('BEGIN IMMEDIATE')
  const insert = db.prepare('INSERT INTO tokens VALUES (?, ?, ?, ?)')
  const commit = db.prepare('COMMIT')
  return {
    /** All rows in one transaction; they are durable when it returns. */
    commit(rows: Iterable<Row>) {
      begin.run()
      for (const row of rows) insert.run(row.xid, row.phone, row.token, row.issuedAt)
      commit.run()
    },
    close: () => db.close(),
  }
}

/** Opens the table in `dir`. A row that can not be stored ends the process: a floor has no errors. */
export const openTable = (dir: string) => open(dir, DURABLE)

/** Makes the table in the empty folder `dir` and fills it, the quickest way. */
export function fillTable(dir: string, rows: Iterable<Row>) {
  const table = open(dir, QUICK)
  table.commit(rows)
  table.close()
}
