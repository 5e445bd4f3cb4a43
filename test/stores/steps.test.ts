/**
 * What a driver makes of the steps of a write: all of them or none.
 *
 * @module
 */
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import {
  ANY_ROWS,
  type SqlDriver,
  type SqlStep,
} from '../../packages/server/src/stores/sql/driver.ts'
import { startPostgres } from '../support/postgres.ts'
import { openDriver, openPostgresDriverOn } from './open.ts'

const server = await startPostgres({ after })

const ENGINES = { SQLite: async () => openDriver(), PostgreSQL: openPostgresDriverOn(server) }

// Any table does; this one has two columns.
const insert = (id: string): SqlStep => [
  'INSERT INTO customers (id, created_at) VALUES (?1, ?2) ON CONFLICT (id) DO NOTHING',
  id,
  0,
]
const UPDATE = 'UPDATE customers SET created_at = created_at + 1 WHERE id = ?1'
const update = (id: string): SqlStep => [UPDATE, id]
const updateAny = (id: string): SqlStep => [`${ANY_ROWS}${UPDATE}`, id]

const kept = async (driver: SqlDriver) =>
  (await driver.rows('SELECT id, created_at FROM customers ORDER BY id', [])).map(
    (row) => `${row.id} ${row.created_at}`,
  )

/** Steps of a write on a database with "old", what it answers and what is there afterwards. */
const WRITES: Record<string, { steps: SqlStep[]; answer: number; there: string[] }> = {
  'steps that all change something are kept': {
    steps: [insert('new'), update('new'), update('old')],
    answer: 1,
    there: ['new 1', 'old 1'],
  },
  'a later step that changes nothing takes back all': {
    steps: [insert('new'), update('old'), update('nobody')],
    answer: 0,
    there: ['old 0'],
  },
  'a step that may change nothing, and does not, holds up nobody': {
    steps: [insert('new'), updateAny('nobody'), update('old'), updateAny('nobody')],
    answer: 1,
    there: ['new 0', 'old 1'],
  },
  'a step that may change nothing, and does, is kept like any other': {
    steps: [insert('new'), updateAny('old'), updateAny('new')],
    answer: 1,
    there: ['new 1', 'old 1'],
  },
  'and is taken back like any other': {
    steps: [insert('new'), updateAny('old'), updateAny('nobody'), update('nobody')],
    answer: 0,
    there: ['old 0'],
  },
  'after a first step that changes nothing nothing is done': {
    steps: [update('nobody'), updateAny('old'), insert('new')],
    answer: 0,
    there: ['old 0'],
  },
}

for (const [engine, open] of Object.entries(ENGINES)) {
  describe(`a write on ${engine}`, () => {
    for (const [name, { steps, answer, there }] of Object.entries(WRITES)) {
      test(name, async () => {
        await using driver = await open()
        await driver.write(insert('old'))
        assert.equal(await driver.write(...steps), answer)
        assert.deepEqual(await kept(driver), there)
      })
    }

    test('is the same among others of its commit', async () => {
      await using driver = await open()
      const writes = Array.from({ length: 100 }, (_, i) => {
        const id = String(i).padStart(2, '0')
        // Every third is stuck in its last step.
        const last = i % 3 === 0 ? update('nobody') : updateAny(id)
        return [insert(id), updateAny('nobody'), last] as const
      })
      const answers = await Promise.all(writes.map((steps) => driver.write(...steps)))
      assert.deepEqual(
        answers,
        writes.map((_, i) => Number(i % 3 !== 0)),
      )
      assert.deepEqual(
        await kept(driver),
        writes.flatMap(([[, id]], i) => (i % 3 === 0 ? [] : [`${id} 1`])),
      )
    })
  })
}
