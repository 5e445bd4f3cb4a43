import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { after, describe, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { openStores } from '../../packages/server/src/stores/open.ts'
import { startPostgres } from '../support/postgres.ts'
import { RUNS, temporaryFile } from './open.ts'
import type { Start, Task } from './racer.ts'
import { type OpenShared, sharedPostgres, sharedSqlite } from './shared.ts'
import { entryOf, HUNDRED, NOW, next, OPEN, order, retry } from './transactions/examples.ts'

// Before the first test is told of: what is awaited later finds the run over.
const ENGINES = {
  'one SQLite file': sharedSqlite,
  'one PostgreSQL database': sharedPostgres(await startPostgres({ after })),
}

/** The long run makes 10^5 races of it. */
const ROUNDS = RUNS === 1 ? 3 : 250
const RACERS = ['a', 'b'] as const

type Racer = (typeof RACERS)[number]

const start = (module: string, ...args: string[]) =>
  fork(new URL(module, import.meta.url), args, { execArgv: ['--conditions=source'] })

async function endRacer(racer: ChildProcess) {
  if (racer.exitCode !== null) return
  racer.kill('SIGKILL')
  await once(racer, 'exit')
}

/** The next message of a racer that is alive. */
async function messageOf(racer: ChildProcess): Promise<unknown> {
  const waiting = new AbortController()
  const { signal } = waiting
  try {
    const died = once(racer, 'exit', { signal }).then(() => assert.fail('a racer has died'))
    const [message] = await Promise.race([once(racer, 'message', { signal }), died])
    return message
  } finally {
    waiting.abort()
  }
}

/** Two processes on a new database, and the database as a third one sees it. */
async function openRace(open: OpenShared) {
  const database = await open()
  const racers: ChildProcess[] = []
  for (const first of ['0', '0.5']) {
    const racer = start('./racer.ts', database.url, first)
    racers.push(racer)
    await messageOf(racer)
  }
  const winners = new Set<number>()

  async function answersOf(racer: ChildProcess, start: Start) {
    racer.send(start)
    return (await messageOf(racer)) as boolean[]
  }

  return {
    /** Both at once; `task` is what each of them is told. */
    async race(task: (racer: Racer) => Task) {
      const at = Date.now() + 10
      const [a = [], b = []] = await Promise.all(
        racers.map((racer, i) => answersOf(racer, { ...task(RACERS[i] as Racer), at })),
      )
      for (const [i, answers] of [a, b].entries()) if (answers.includes(true)) winners.add(i)
      return { a, b }
    },
    /** Else they have not raced at all. */
    bothHaveWon: () => assert.equal(winners.size, 2, 'one process was always first'),
    async count(from: string) {
      return Number((await database.look(`SELECT count(*) AS n FROM ${from}`))?.n)
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(racers.map(endRacer))
      await database[Symbol.asyncDispose]()
    },
  }
}

/** Each of the calls had exactly one effect. */
function oneEach({ a, b }: Record<Racer, boolean[]>) {
  assert.deepEqual(
    a.map((won, i) => Number(won) + Number(b[i])),
    a.map(() => 1),
  )
}

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
