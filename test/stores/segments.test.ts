/**
 * The segments of the index by phone number: a look-up asks only those that the table names, so a row
 * in any other would be lost to it.
 *
 * @module
 */
import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, test } from 'node:test'
import { StoreUnavailable } from '../../packages/server/src/errors.ts'
import type { SqlDriver } from '../../packages/server/src/stores/sql/driver.ts'
import { readMigrations } from '../../packages/server/src/stores/sql/migrations.ts'
import { phoneSegments, tidySegments } from '../../packages/server/src/stores/sql/segments.ts'
import { openSqlite } from '../../packages/server/src/stores/sql/sqlite.ts'
import { migrateSqlite } from '../../packages/server/src/stores/sql/sqlite-migrate.ts'
import { sqlTransactions } from '../../packages/server/src/stores/sql/transactions.ts'
import { startPostgres } from '../support/postgres.ts'
import { openDriver, openPostgresDriverOn, temporaryFile } from './open.ts'
import { insertAll, NOW, order, xidsOf } from './transactions/examples.ts'

const server = await startPostgres({ after })
const ENGINES = { SQLite: async () => openDriver(), PostgreSQL: openPostgresDriverOn(server) }

const HOUR = 3_600_000
const DAY = 24 * HOUR

async function segmentsOf(db: SqlDriver): Promise<number[]> {
  const rows = await db.rows('SELECT begins_at FROM segments ORDER BY begins_at', [])
  return rows.map(({ begins_at }) => Number(begins_at))
}

/** A row as one that was issued by a node that knew `segment`. */
async function insertInto(db: SqlDriver, segment: number, issuedAt: number, xid: string) {
  await sqlTransactions(db).insert({ ...order, xid, issuedAt })
  await db.write(['UPDATE transactions SET segment = ?1 WHERE xid = ?2', segment, xid])
}

for (const [engine, open] of Object.entries(ENGINES)) {
  describe(engine, () => {
    test('a full segment is followed by one that is durable before it is used', async () => {
      await using db = await open()
      const segmentOf = phoneSegments(db, 3)
      for (let i = 0; i < 3; i++) assert.equal(await segmentOf(NOW + i), 0)
      assert.deepEqual(await segmentsOf(db), [0])
      // All that ask in one turn wait for one and the same.
      const asked = [3, 4, 5].map((i) => segmentOf(NOW + i))
      assert.deepEqual(await Promise.all(asked), [NOW + 3, NOW + 3, NOW + 3])
      assert.deepEqual(await segmentsOf(db), [0, NOW + 3])
    })

    test('a row of before the newest segment belongs to the one of its time, full or not', async () => {
      await using db = await open()
      const segmentOf = phoneSegments(db, 2)
      for (const at of [0, 1]) assert.equal(await segmentOf(NOW + at), 0)
      assert.equal(await segmentOf(NOW + 10), NOW + 10)
      for (const at of [7, 8, 9]) assert.equal(await segmentOf(NOW + at), 0)
      assert.equal(await segmentOf(NOW + 11), NOW + 10)
      assert.deepEqual(await segmentsOf(db), [0, NOW + 10])
    })

    test('how full a segment is counts what others have written', async () => {
      await using db = await open()
      await insertInto(db, 0, NOW, 'a')
      await insertInto(db, 0, NOW, 'b')
      const reads: Promise<unknown>[] = []
      const rows: SqlDriver['rows'] = (...query) => {
        const read = db.rows(...query)
        reads.push(read)
        return read
      }
      const segmentOf = phoneSegments({ ...db, rows }, 3)
      assert.equal(await segmentOf(NOW + 1), 0)
      await Promise.all(reads)
      assert.equal(await segmentOf(NOW + 2), NOW + 2)
    })

    test('nobody waits for the count, nor fails with it', async () => {
      await using db = await open()
      const counting = [
        () => new Promise<never>(() => {}),
        () => Promise.reject(new StoreUnavailable('canceling statement due to statement timeout')),
      ]
      for (const count of counting) {
        const rows: SqlDriver['rows'] = (sql, params) =>
          sql.includes('count(*)') ? count() : db.rows(sql, params)
        const segmentOf = phoneSegments({ ...db, rows })
        assert.equal(await segmentOf(NOW), 0)
        assert.equal(await segmentOf(NOW + 1), 0)
      }
    })

    test('every row of two nodes that fill segments at once is in a segment of the table', async () => {
      await using db = await open()
      const nodes = [0, 1].map(() => sqlTransactions(db, phoneSegments(db, 3)))
      for (let i = 0; i < 20; i++) {
        const rows = [0, 1, 2].map((j) => ({ issuedAt: NOW + i * HOUR + j, xid: `${i}-${j}` }))
        await Promise.all(
          nodes.flatMap((node, of) =>
            rows.map((row) => node.insert({ ...order, ...row, xid: `${row.xid}-${of}` })),
          ),
        )
      }
      const lost = `SELECT t.xid FROM transactions t LEFT JOIN segments s ON s.begins_at = t.segment
        WHERE s.begins_at IS NULL`
      assert.deepEqual(await db.rows(lost, []), [])
      const { phoneNumber } = order
      assert.equal((await xidsOf(sqlTransactions(db), { phoneNumber })).length, 120)
      assert.ok((await segmentsOf(db)).length > 10)
    })

    test('a time without a segment is an error and no search without an end', async () => {
      await using db = await open()
      await assert.rejects(async () => phoneSegments(db)(-1), RangeError)
    })

    test('retention drops a segment with its last row, but neither the first nor the newest of before', async () => {
      await using db = await open()
      for (const at of [NOW, NOW + DAY, NOW + 2 * DAY, NOW + 3 * DAY]) {
        await db.write(['INSERT INTO segments (begins_at) VALUES (?1)', at])
      }
      await insertInto(db, NOW + DAY, NOW + DAY, 'kept')
      await tidySegments(db, NOW + 2 * DAY)
      assert.deepEqual(await segmentsOf(db), [0, NOW + DAY, NOW + 2 * DAY, NOW + 3 * DAY])
      await sqlTransactions(db).purge(NOW + 2 * DAY, 0, 10)
      assert.deepEqual(await segmentsOf(db), [0, NOW + 2 * DAY, NOW + 3 * DAY])
    })

    test('retention restores a segment that rows are in', async () => {
      await using db = await open()
      await insertInto(db, NOW - 5, NOW, 'lost')
      await insertInto(db, NOW - 3, NOW + 1, 'lost too')
      const { phoneNumber } = order
      assert.deepEqual(await xidsOf(sqlTransactions(db), { phoneNumber }), [])
      await sqlTransactions(db).purge(NOW - DAY, 0, 10)
      assert.deepEqual(await segmentsOf(db), [0, NOW - 5, NOW - 3])
      assert.deepEqual(await xidsOf(sqlTransactions(db), { phoneNumber }), ['lost too', 'lost'])
    })

    test('a node that knows a segment from long ago does not go on in it when it was dropped', async () => {
      await using db = await open()
      await db.write(['INSERT INTO segments (begins_at) VALUES (?1)', NOW])
      const segmentOf = phoneSegments(db)
      for (let at = NOW; at < NOW + 2 * DAY; at += HOUR / 2) assert.equal(await segmentOf(at), NOW)
      await db.write(['INSERT INTO segments (begins_at) VALUES (?1)', NOW + 2 * DAY])
      await tidySegments(db, NOW + 3 * DAY)
      assert.equal(await segmentOf(NOW + 3 * DAY), NOW + 2 * DAY)
    })

    test('a look-up finds the rows of every segment, up to the time that is asked for', async () => {
      await using db = await open()
      const transactions = sqlTransactions(db)
      for (let i = 1; i < 10; i++) {
        await db.write(['INSERT INTO segments (begins_at) VALUES (?1)', NOW + 10 * i])
        const row = (xid: string, at: number) => ({ ...order, xid, issuedAt: NOW + 10 * i + at })
        await insertAll(sqlTransactions(db), [row(`first-${i}`, 0), row(`last-${i}`, 9)])
      }
      const { phoneNumber } = order
      assert.equal((await xidsOf(transactions, { phoneNumber })).length, 18)
      const early = await xidsOf(transactions, { phoneNumber, to: NOW + 31 })
      assert.deepEqual(early, ['first-3', 'last-2', 'first-2', 'last-1', 'first-1'])
    })
  })
}

test('the rows of a database from before the table are found by phone number', async () => {
  using file = temporaryFile()
  {
    using old = new DatabaseSync(file.path)
    const migrations = readMigrations()
    const before = migrations.filter(({ name }) => name !== 'segments')
    assert.equal(before.length, migrations.length - 1)
    migrateSqlite(old, NOW, before)
    old.exec("INSERT INTO customers VALUES ('customer', 0)")
    const insert = old.prepare(`INSERT INTO transactions (customer_id, xid, phone_number, status,
        token, issued_at, expires_at, updated_at, opened_at, opened_by, segment)
      VALUES ('customer', ?1, '15555551212', 'issued', '', ?2, ?2, ?2, ?2, 'open', ?3)`)
    for (const [i, segment] of [0, 0, NOW + 2, NOW + 2, NOW + 4].entries()) {
      insert.run(`order-${i}`, NOW + i, segment)
    }
  }
  const db = openSqlite(file.path, { now: NOW + 10 })
  assert.deepEqual(await segmentsOf(db), [0, NOW + 2, NOW + 4])
  const found = await xidsOf(sqlTransactions(db), { phoneNumber: order.phoneNumber })
  assert.deepEqual(found, ['order-4', 'order-3', 'order-2', 'order-1', 'order-0'])
  await db.close()
})
