/** What is written in the server's own format is read back from the server as text. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { startPostgres } from '../../../../../test/support/postgres.ts'
import { arrayOf } from './postgres-arrays.ts'
import { openSession, postgresConfig } from './postgres-session.ts'

const server = await startPostgres({ after })
const database = await server.createDatabase()
const { client } = await openSession(postgresConfig(database.url, 5_000))
after(() => client.end())

const INT4 = 2 ** 31 - 1
const INT8 = Number.MAX_SAFE_INTEGER
const numbersTo = (most: number) => fc.constantFrom(0, 1, -1, most, -most, 2 ** 31 - 1, -(2 ** 31))

const TYPES = {
  text: fc.string({ unit: 'grapheme', maxLength: 300 }).filter((text) => !text.includes('\0')),
  bigint: fc.oneof(numbersTo(INT8), fc.integer({ min: -INT8, max: INT8 })),
  integer: fc.oneof(numbersTo(INT4), fc.integer({ min: -INT4, max: INT4 })),
}

for (const [type, values] of Object.entries(TYPES)) {
  test(`an array of ${type}, with nulls among its elements`, async () => {
    const arrays = fc.array(fc.option<string | number>(values), { minLength: 1, maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(arrays, async (sent) => {
        const array = arrayOf(type, sent)
        assert.ok(Buffer.isBuffer(array))
        const { rows } = await client.query(`SELECT * FROM unnest($1::${type}[]) AS sent (v)`, [
          array,
        ])
        assert.deepEqual(
          rows.map(({ v }) => v),
          sent,
        )
      }),
      { numRuns: process.env.JOTTER_TEST_LONG ? 2_000 : 100 },
    )
  })
}

test('an array of another type is left to the driver', async () => {
  const sent = [true, false].map(String)
  assert.equal(arrayOf('boolean', sent), sent)
  assert.equal(arrayOf(undefined, sent), sent)
})
