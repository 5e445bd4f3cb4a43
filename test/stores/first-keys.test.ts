/** Several processes that start at once on one new database: one of them makes the signing key. */
import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { after, test } from 'node:test'
import { startPostgres } from '../support/postgres.ts'
import type { KeyRace } from './key-racer.ts'
import { sharedPostgres, sharedSqlite } from './shared.ts'

const ENGINES = {
  'one SQLite file': sharedSqlite,
  'one PostgreSQL database': sharedPostgres(await startPostgres({ after })),
}

/** A race each: those whose keys are made in no time. */
const ALGS = ['ES256', 'ES384', 'ES512', 'EdDSA', 'ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'] as const

for (const [engine, open] of Object.entries(ENGINES)) {
  test(`two processes on ${engine} sign with one key`, async (t) => {
    await using database = await open()
    const module = new URL('./key-racer.ts', import.meta.url)
    const execArgv = ['--conditions=source']
    const racers = ['a', 'b'].map(() => fork(module, [database.url], { execArgv }))
    t.after(() => Promise.all(racers.map(end)))
    // Either makes the schema, or waits for it.
    assert.deepEqual(await Promise.all(racers.map(nextMessage)), ['ready', 'ready'])
    for (const alg of ALGS) {
      const answers = Promise.all(racers.map(nextMessage))
      const race: KeyRace = { alg, at: Date.now() + 20 }
      for (const racer of racers) racer.send(race)
      const [one, other] = await answers
      assert.match(String(one), /^[\w-]{43}$/)
      assert.equal(one, other, alg)
    }
    const counted = await database.look('SELECT count(*) AS n FROM signing_keys')
    assert.equal(Number(counted?.n), ALGS.length)
  })
}

async function nextMessage(racer: ChildProcess): Promise<unknown> {
  const died = once(racer, 'exit').then(() => assert.fail('a racer has died'))
  const [message] = await Promise.race([once(racer, 'message'), died])
  return message
}

async function end(racer: ChildProcess): Promise<void> {
  if (racer.exitCode !== null) return
  racer.kill('SIGKILL')
  await once(racer, 'exit')
}
