/** What is written in the server's own format is read back from the server as text. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { startPostgres } from '../../../../../test/support/postgres.ts'
import type { SqlStep, SqlValue } from './driver.ts'
import { withArrays } from './postgres-arrays.ts'
import { openSession, postgresConfig } from './postgres-session.ts'

const server = await startPostgres({ after })
const database = await server.createDatabase()
const { client } = await openSession(postgresConfig(database.url, 5_000))
after(() => client.end())

const INT8 = Number.MAX_SAFE_INTEGER
const numbersTo = (most: number) => fc.constantFrom(0, 1, -1, most, -most, 2 ** 31 - 1, -(2 ** 31))

const TYPES = {
  text: fc.string({ unit: 'grapheme', maxLength: 300 }).filter((text) => !text.includes('\0')),
  bigint: fc.oneof(numbersTo(INT8), fc.integer({ min: -INT8, max: INT8 })),
}

for (const [type, values] of Object.entries(TYPES)) {
  test(`an array of ${type}, with nulls among its elements`, async () => {
    const arrays = fc.array(fc.option<string | number>(values), { minLength: 1, maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(arrays, async (sent) => {
        assert.deepEqual(await readBack(type, sent), sent)
      }),
      { numRuns: process.env.JOTTER_TEST_LONG ? 2_000 : 100 },
    )
  })
}

test('arrays that are under way at once', async () => {
  // Longer than the memory that is kept at first, and longer than any that is kept at all.
  const lengths = [10, 100_000, 3_000_000, 1, 50_000, 100, 10, 70_000]
  const sent = lengths.map((length, i) => [`${i}`.repeat(length), null, 'é€😀'.repeat(i)])
  for (let round = 0; round < 3; round += 1) {
    const read = await Promise.all(sent.map((values) => readBack('text', values)))
    assert.deepEqual(read, sent)
  }
})

test('memory of a statement that failed is not used again', async () => {
  const rows: SqlStep[] = [['', 'one']]
  const failed: unknown[] = []
  const failing = withArrays(['text'], rows, async (columns) => {
    failed.push(...columns)
    throw new Error('cut')
  })
  await assert.rejects(failing, /cut/)
  const before = Buffer.from(failed[0] as Buffer)
  await withArrays(['text'], [['', 'another']], async () => {})
  assert.deepEqual(failed[0], before)
})

test('memory is used again when it was answered, and not before', async () => {
  const first = Promise.withResolvers<void>()
  const texts: string[] = []
  const send = (values: string[], answered: Promise<void>) =>
    withArrays(
      ['text'],
      values.map((value): SqlStep => ['', value]),
      async ([array]) => {
        await answered
        texts.push(String(array).slice(-4))
        return array as Buffer
      },
    )
  const slow = send(['slow'], first.promise)
  const quick = await send(['fast'], Promise.resolve())
  first.resolve()
  assert.notEqual((await slow).buffer, quick.buffer)
  assert.deepEqual(texts, ['fast', 'slow'])
  const again = await send(['last'], Promise.resolve())
  assert.ok([(await slow).buffer, quick.buffer].includes(again.buffer))
})

test('as many rows as a commit may hold are written into memory that is kept', async () => {
  const row: SqlStep = ['INSERT'.repeat(50), 'x'.repeat(400), 'y'.repeat(200), 1, null]
  const rows = Array.from({ length: 1_000 }, () => row)
  const types = ['text', 'text', 'bigint', 'bigint']
  const send = () => withArrays(types, rows, async ([array]) => (array as Buffer).buffer)
  assert.equal(await send(), await send())
})

test('a number that is not whole, or not exact, is of one write and not of its batch', async () => {
  for (const value of [0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
    const sent = withArrays(['bigint'], [['', value]], async () => assert.fail('it was sent'))
    await assert.rejects(sent, { name: 'RangeError', code: '22003' })
  }
})

test('a number in a column of texts is its text', async () => {
  const rows: SqlStep[] = [['', -1.7976931348623157e308]]
  const { rows: read } = await withArrays(['text'], rows, (columns) =>
    client.query('SELECT unnest($1::text[]) AS v', columns),
  )
  assert.deepEqual(read, [{ v: '-1.7976931348623157e+308' }])
})

test('an array of another type is left to the driver', async () => {
  const rows: SqlStep[] = ['true', 'false'].map((value) => ['', value, value])
  const columns = await withArrays(['boolean', undefined], rows, async (columns) => columns)
  assert.deepEqual(columns, [
    ['true', 'false'],
    ['true', 'false'],
  ])
})

/** What the server makes of an array of `sent`, beside a second column. */
async function readBack(type: string, sent: readonly SqlValue[]): Promise<SqlValue[]> {
  const rows: SqlStep[] = sent.map((value, i) => ['', i, value])
  const { rows: read } = await withArrays(['bigint', type], rows, (columns) =>
    client.query(`SELECT * FROM unnest($1::bigint[], $2::${type}[]) AS sent (i, v)`, columns),
  )
  assert.deepEqual(
    read.map(({ i }) => i),
    sent.map((_, i) => i),
  )
  return read.map(({ v }) => v)
}
