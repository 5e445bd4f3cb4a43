import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, describe, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { openStores } from '../../packages/server/src/stores/open.ts'
import { startPostgres } from '../support/postgres.ts'
import { RUNS, temporaryFile } from './open.ts'
import { oneEach, openRace } from './race.ts'
import { type OpenShared, sharedPostgres, sharedSqlite } from './shared.ts'
import { entryOf, HUNDRED, NOW, next, OPEN, order, retry } from './transactions/examples.ts'

// Before the first test is told of: what is awaited later finds the run over.
const ENGINES = {
  'one SQLite file': sharedSqlite,
  'one PostgreSQL database': sharedPostgres(await startPostgres({ after })),
}

/** The long run makes 10^5 races of it. */
const ROUNDS = RUNS === 1 ? 3 : 250
test('F-16 a first start waits while another process makes the new file', async () => {
  using file = temporaryFile()
  // What the other does: the lock that SQLite takes before it changes a file for the first time.
  const maker = new Worker(
    `const { DatabaseSync } = require('node:sqlite')
    const { parentPort, workerData } = require('node:worker_threads')
    const db = new DatabaseSync(workerData)
    db.exec('BEGIN IMMEDIATE')
    parentPort.postMessage('locked')
    setTimeout(() => db.close(), 100)`,
    { eval: true, workerData: file.path },
  )
  await once(maker, 'message')
  const ended = once(maker, 'exit')
  const stores = await openStores(`sqlite:${file.path}`, { now: NOW })
  await stores.close()
  await ended
})

for (const [engine, open] of Object.entries(ENGINES)) {
  describe(`F-16 of two processes on ${engine}`, () => raceSuite(open))
}

function raceSuite(open: OpenShared) {
  test('exactly one inserts each xid, and the row is its own', async () => {
    await using processes = await openRace(open)
    for (let round = 0; round < ROUNDS; round += 1) {
      const answers = await processes.race((racer) => ({
        verb: 'insert',
        calls: HUNDRED.map((i) => [{ ...order, xid: `${round}.${i}`, openedBy: racer }]),
      }))
      oneEach(answers)
      const ofA = answers.a.filter(Boolean).length
      assert.equal(
        await processes.count(`transactions WHERE xid LIKE '${round}.%' AND opened_by = 'a'`),
        ofA,
      )
    }
    processes.bothHaveWon()
    assert.equal(await processes.count('transactions'), 100 * ROUNDS)
  })

  test('exactly one moves each transaction on, and the history has it once', async () => {
    await using processes = await openRace(open)
    for (let round = 0; round < ROUNDS; round += 1) {
      const xids = HUNDRED.map((i) => `${round}.${i}`)
      await processes.race((racer) => ({
        verb: 'insert',
        calls: racer === 'a' ? xids.map((xid) => [{ ...order, xid }]) : [],
      }))
      const ends = { a: 'completed', b: 'revoked' } as const
      oneEach(
        await processes.race((racer) => ({
          verb: 'advance',
          calls: xids.map((xid) => ['customer', xid, { from: OPEN, to: entryOf(ends[racer]) }]),
        })),
      )
    }
    assert.equal(await processes.count('transaction_history'), 100 * ROUNDS)
    const agreeing = 'transactions t JOIN transaction_history h USING (customer_id, xid, status)'
    processes.bothHaveWon()
    assert.equal(await processes.count(agreeing), 100 * ROUNDS)
  })

  test('exactly one uses each Idempotency-Key, and of the other nothing stays', async () => {
    await using processes = await openRace(open)
    for (let round = 0; round < ROUNDS; round += 1) {
      oneEach(
        await processes.race((racer) => ({
          verb: 'insert',
          calls: HUNDRED.map((i) => {
            const xid = `${racer}.${round}.${i}`
            return [
              { ...order, xid },
              { ...retry, key: `${round}.${i}`, xid },
            ]
          }),
        })),
      )
    }
    assert.equal(await processes.count('retries'), 100 * ROUNDS)
    assert.equal(await processes.count('transactions'), 100 * ROUNDS)
    processes.bothHaveWon()
    assert.equal(
      await processes.count('retries r JOIN transactions t USING (customer_id, xid)'),
      100 * ROUNDS,
    )
  })

  test('exactly one issues again under each Idempotency-Key', async () => {
    await using processes = await openRace(open)
    await processes.race((racer) => ({ verb: 'insert', calls: racer === 'a' ? [[order]] : [] }))
    for (let round = 0; round < ROUNDS; round += 1) {
      oneEach(
        await processes.race((racer) => ({
          verb: 'reissue',
          calls: HUNDRED.map((i) => [
            { ...next, issuedAt: NOW + i, entry: { ...next.entry, by: racer } },
            { ...retry, key: `${round}.${i}` },
          ]),
        })),
      )
    }
    assert.equal(await processes.count('transaction_history'), 100 * ROUNDS)
    processes.bothHaveWon()
    assert.equal(await processes.count('retries'), 100 * ROUNDS)
  })
}
