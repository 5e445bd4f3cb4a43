/** The thread that owns the writing connection dies, and the process goes on. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import type { Worker } from 'node:worker_threads'
import { StoreUnavailable } from '../../packages/server/src/errors.ts'
import type { SqlDriver } from '../../packages/server/src/stores/sql/driver.ts'
import { openSqlite } from '../../packages/server/src/stores/sql/sqlite.ts'
import { openSandbox } from '../support/process.ts'
import { seededRandom } from './random.ts'

const KEEP = 'INSERT INTO customers (id, created_at) VALUES (?1, 0)'

test('F-22 writes in flight when the thread dies are refused, the next one works', async (t) => {
  const { path, driver, writer, keptOf } = await openWithWriter(t)
  using other = new DatabaseSync(path)
  // Held back by a lock, none of them can be done when the thread is told to end.
  other.exec('BEGIN IMMEDIATE')
  const ids = Array.from({ length: 50 }, (_, i) => `held-${i}`)
  const held = Promise.allSettled(ids.map((id) => driver.write([KEEP, id])))
  setImmediate(() => void writer().terminate())

  for (const outcome of await held) {
    assert.ok(outcome.status === 'rejected' && outcome.reason instanceof StoreUnavailable)
  }
  other.exec('ROLLBACK')
  assert.equal(await driver.write([KEEP, 'after']), 1)
  assert.deepEqual(await keptOf(ids), [])
})

test('F-22 what a dying thread has answered is kept, and every write whole or not', async (t) => {
  const { driver, writer, keptOf } = await openWithWriter(t)
  const random = seededRandom(t)
  const total = { answered: 0, refused: 0, refused_and_kept: 0 }
  for (let death = 0; death < 10; death++) {
    assert.equal(await driver.write([KEEP, `alive-${death}`]), 1)
    const thread = writer()
    let alive = true
    thread.once('exit', () => {
      alive = false
    })
    setTimeout(() => void thread.terminate(), random() * 20)
    for (let turn = 0; alive; turn++) {
      const pairs = Array.from({ length: 20 }, (_, i) => {
        const id = `${death}-${turn}-${i}`
        return [id, `${id}-twin`] as const
      })
      const outcomes = await Promise.allSettled(
        pairs.map(([id, twin]) => driver.write([KEEP, id], [KEEP, twin])),
      )
      const kept = new Set(await keptOf(pairs.flat()))
      for (const [i, [id, twin]] of pairs.entries()) {
        assert.equal(kept.has(id), kept.has(twin), 'half a write was kept')
        const answered = outcomes[i]?.status === 'fulfilled'
        assert.ok(kept.has(id) || !answered, 'answered and not kept')
        total[answered ? 'answered' : kept.has(id) ? 'refused_and_kept' : 'refused'] += 1
      }
    }
  }
  t.diagnostic(`10 deaths: ${JSON.stringify(total)}`)
})

async function openWithWriter(t: TestContext) {
  const path = join(openSandbox(t).folder, 'jotter.db')
  const driver: SqlDriver = openSqlite(path, { now: 0 })
  t.after(() => driver.close())
  const keptOf = async (ids: readonly string[]) => {
    const rows = await driver.rows('SELECT id FROM customers', [])
    const kept = new Set(rows.map(({ id }) => id))
    return ids.filter((id) => kept.has(id))
  }
  // The reader is there from now on: every further thread is a writer.
  await keptOf([])
  const threads: Worker[] = []
  const collect = (thread: Worker) => void threads.push(thread)
  process.on('worker', collect)
  t.after(() => process.off('worker', collect))
  await driver.write([KEEP, 'before'])
  return { path, driver, keptOf, writer: () => threads.at(-1) as Worker }
}
