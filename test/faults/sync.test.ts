/**
 * Power loss: what is answered must have been synced before. SQLite shows a commit to readers only
 * after it has synced the frames to the write-ahead log (`synchronous = FULL`), so a row that a
 * second connection sees is on disk. Whether it sees the row is asked at the first byte of the
 * answer.
 */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { StoreUnavailable } from '../../packages/server/src/errors.ts'
import { openSqlite } from '../../packages/server/src/stores/sql/sqlite.ts'
import { openSandbox } from '../support/process.ts'
import { startTestService } from '../support/service.ts'

test('F-02 no byte of an answer leaves while its commit is held back', async (t) => {
  const { address, data, get } = await startTestService(t)
  const isStored = rowSeenBy(t, data)
  const before = await commitsOf(get)
  using other = new DatabaseSync(join(data, 'jotter.db'))

  other.exec('BEGIN IMMEDIATE')
  let answered = 0
  const asked = Array.from({ length: 200 }, (_, i) =>
    firstByte(address, `/v1/token/15555551212/held-${i}`, () => {
      answered += 1
      return isStored(`held-${i}`)
    }),
  )
  // The loop runs on: each of these answers is one in which the others could have come.
  for (let i = 0; i < 10; i++) assert.equal((await get('/livez')).status, 200)
  assert.equal(answered, 0)

  other.exec('ROLLBACK')
  for (const { status, stored } of await Promise.all(asked)) {
    assert.deepEqual({ status, stored }, { status: 200, stored: true })
  }
  const made = (await commitsOf(get)) - before
  t.diagnostic(`${asked.length} answers, ${made} commits`)
  assert.ok(made <= asked.length / 10, `${made} commits for ${asked.length} waiting requests`)
})

test('F-02 every answered row is on disk at the first byte of its answer', async (t) => {
  const { address, data } = await startTestService(t)
  const isStored = rowSeenBy(t, data)
  let answers = 0
  await Promise.all(
    Array.from({ length: 32 }, async (_, client) => {
      for (let i = 0; i < 40; i++) {
        const xid = `seen-${client}-${i}`
        const path = `/v1/token/15555551212/${xid}`
        const { status, stored } = await firstByte(address, path, () => isStored(xid))
        assert.deepEqual({ status, stored }, { status: 200, stored: true })
        answers += 1
      }
    }),
  )
  t.diagnostic(`${answers} answers, 0 before their sync`)
})

test('F-02 the connection that writes syncs every commit of its write-ahead log', async (t) => {
  const driver = openSqlite(join(openSandbox(t).folder, 'jotter.db'), { now: 0 })
  t.after(() => driver.close())
  // Asked of the writer itself: as part of a write.
  await driver.write([
    `INSERT INTO customers (id, created_at)
     SELECT journal_mode, synchronous FROM pragma_journal_mode, pragma_synchronous`,
  ])
  const rows = await driver.rows('SELECT id, created_at FROM customers', [])
  assert.deepEqual(rows.map(Object.values), [['wal', 2]])
})

test('F-02 a database that cannot have a write-ahead log is refused', async (t) => {
  // The driver makes the file before SQLite reads the name as one in memory.
  const home = process.cwd()
  process.chdir(openSandbox(t).folder)
  t.after(() => process.chdir(home))
  const driver = openSqlite(':memory:', { now: 0 })
  t.after(() => driver.close())
  await assert.rejects(driver.write(['DELETE FROM customers']), (error: Error) => {
    assert.ok(error instanceof StoreUnavailable)
    assert.match(error.message, /journal_mode is memory, not wal/)
    return true
  })
})

/** Whether a connection of its own sees the transaction now. */
function rowSeenBy(t: TestContext, data: string): (xid: string) => boolean {
  const db = new DatabaseSync(join(data, 'jotter.db'), { readOnly: true })
  t.after(() => db.close())
  const row = db.prepare('SELECT 1 FROM transactions WHERE xid = ?1 AND token IS NOT NULL')
  return (xid) => row.get(xid) !== undefined
}

/** The status of an answer, and what `look` says in the moment its first byte is here. */
function firstByte(address: string, path: string, look: () => boolean) {
  const { hostname, port } = new URL(address)
  return new Promise<{ status: number; stored: boolean }>((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port) })
    socket.once('data', (bytes) => {
      const stored = look()
      resolve({ status: Number(bytes.toString('latin1').slice(9, 12)), stored })
      socket.destroy()
    })
    socket.once('error', reject)
    socket.write(`GET ${path} HTTP/1.1\r\nHost: ${hostname}\r\nConnection: close\r\n\r\n`)
  })
}

/** How many commits the service has made, by its own count. */
async function commitsOf(get: (path: string) => Promise<Response>): Promise<number> {
  const text = await (await get('/metrics')).text()
  return Number(/^jotter_commit_writes_count (\d+)$/m.exec(text)?.[1])
}
