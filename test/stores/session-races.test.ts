/**
 * Races for users and sessions between two processes: what each may win, and what must not be there
 * when both are done.
 *
 * @module
 */
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { startPostgres } from '../support/postgres.ts'
import { RUNS } from './open.ts'
import { oneEach, openRace } from './race.ts'
import type { Task } from './racer.ts'
import { DAY, HUNDRED, michael, NOW, PROOF, sessionOf, userOf, wins } from './sessions/examples.ts'
import { type OpenShared, sharedPostgres, sharedSqlite } from './shared.ts'

// Before the first test is told of: what is awaited later finds the run over.
const ENGINES = {
  'one SQLite file': sharedSqlite,
  'one PostgreSQL database': sharedPostgres(await startPostgres({ after })),
}

const ROUNDS = RUNS === 1 ? 3 : 100
/** Of one session, each with a hundred callers. */
const GENERATIONS = RUNS === 1 ? 10 : 1000
const FIFTY = HUNDRED.slice(0, 50)

/** What ends all sessions of users. */
const ENDS: Record<string, (ids: readonly string[]) => Task> = {
  'is disabled': (ids) => ({
    verb: 'setActive',
    calls: ids.map((id) => [id, { active: false, at: NOW, revokedUntil: NOW + DAY }]),
  }),
  'has a new password': (ids) => ({
    verb: 'setPassword',
    calls: ids.map((id) => [id, { to: '$hash 2', at: NOW }]),
  }),
}

for (const [engine, open] of Object.entries(ENGINES)) {
  describe(`F-16 of two processes on ${engine}`, () => {
    winnerSuite(open)
    endSuite(open)
  })
}

function winnerSuite(open: OpenShared) {
  test('exactly one of a hundred callers rotates each generation', async () => {
    await using processes = await openRace(open)
    await processes.race((racer) => ({
      verb: 'register',
      calls: racer === 'a' ? [[michael, sessionOf('s1')]] : [],
    }))
    const step = { at: NOW, expiresAt: NOW + DAY, tokensUntil: NOW + DAY }
    for (let from = 1; from <= GENERATIONS; from += 1) {
      const { a, b } = await processes.race(() => ({
        verb: 'rotate',
        calls: FIFTY.map(() => ['s1', { ...step, from }]),
      }))
      assert.equal(wins([...a, ...b]), 1)
      assert.equal(await processes.count(`sessions WHERE generation = ${from + 1}`), 1)
    }
    processes.bothHaveWon()
  })

  test('exactly one registers each name, and its session is the only one', async () => {
    await using processes = await openRace(open)
    for (let round = 0; round < ROUNDS; round += 1) {
      const answers = await processes.race((racer) => ({
        verb: 'register',
        calls: HUNDRED.map((i) => {
          const id = `${racer}.${round}.${i}`
          const { username, email } = userOf(`${round}.${i}`)
          // Some have only one of the two names in common.
          const names = [{ username, email }, { username }, { email }][i % 3]
          return [{ ...userOf(id), ...names }, sessionOf(id, { userId: id })]
        }),
      }))
      oneEach(answers)
    }
    processes.bothHaveWon()
    assert.equal(await processes.count('users'), 100 * ROUNDS)
    assert.equal(await processes.count('sessions'), 100 * ROUNDS)
    assert.equal(await processes.count('sessions s JOIN users u ON s.user_id = u.id'), 100 * ROUNDS)
  })
}

function endSuite(open: OpenShared) {
  for (const [what, endOf] of Object.entries(ENDS)) {
    test(`nobody who ${what} has a session when all is done`, async () => {
      await using processes = await openRace(open)
      let opened = 0
      for (let round = 0; round < ROUNDS; round += 1) {
        const ids = HUNDRED.map((i) => `${round}.${i}`)
        await processes.race((racer) => ({
          verb: 'register',
          calls: racer === 'a' ? ids.map((id) => [userOf(id)]) : [],
        }))
        // Half of them at the same moment as the login, the others in the order of the last to the
        // first: of these some are ended before they log in. The other begins in the middle.
        const met = ids.map((id, i) => (i % 2 === 0 ? id : (ids[100 - i] as string)))
        const turned = [...met.slice(50), ...met.slice(0, 50)]
        const { a } = await processes.race((racer) =>
          racer === 'a'
            ? { verb: 'open', calls: ids.map((id) => [sessionOf(id, { userId: id }), PROOF]) }
            : endOf(turned),
        )
        opened += wins(a)
      }
      assert.equal(await processes.count('sessions'), opened)
      assert.equal(await processes.count('sessions WHERE ended_at IS NULL'), 0)
      const left = "revocations r JOIN sessions s ON r.value = s.id WHERE r.kind = 'sid'"
      assert.equal(await processes.count(left), opened)
      assert.ok(opened > 0 && opened < 100 * ROUNDS, `${opened} logins were first`)
    })
  }
}
