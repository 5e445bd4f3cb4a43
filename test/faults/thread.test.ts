/** The thread that owns the database connection ends; the process goes on. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Worker } from 'node:worker_threads'
import { StoreUnavailable } from '../../packages/server/src/errors.ts'
import type { SqlDriver } from '../../packages/server/src/stores/sql/driver.ts'
import { openSqlite } from '../../packages/server/src/stores/sql/sqlite.ts'
import { openSandbox } from '../support/process.ts'

const KEEP = 'INSERT INTO customers (id, created_at) VALUES (?1, 0)'

test('F-22 a database thread that dies refuses what it had, and another takes over', async (t) => {
  const { driver, writer } = await openWithWriter(t)
  for (let death = 0; death < 5; death++) {
    const thread = await writer(`before-${death}`)
    const ids = Array.from({ length: 50 }, (_, i) => `held-${death}-${i}`)
    const held = ids.map((id) => driver.write([KEEP, id]))
    // The batch leaves in this turn of the loop: the thread dies with it.
    setImmediate(() => void thread.terminate())
    const outcomes = await Promise.allSettled(held)

    assert.equal(await driver.write([KEEP, `after-${death}`]), 1)
    const kept = new Set((await driver.rows('SELECT id FROM customers', [])).map(({ id }) => id))
    for (const [i, outcome] of outcomes.entries()) {
      if (outcome.status === 'fulfilled') assert.ok(kept.has(ids[i] as string))
      else assert.ok(outcome.reason instanceof StoreUnavailable, outcome.reason)
    }
    // All of one commit or nothing of it.
    const whole = ids.filter((id) => kept.has(id)).length
    assert.ok(whole === 0 || whole === ids.length, `${whole} of ${ids.length} were kept`)
  }
})
