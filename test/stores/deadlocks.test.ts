/**
 * Writes of several rows at once, on two nodes of one PostgreSQL: none waits for a row of another
 * that waits for its own. With the time limits of production each such pair would cost two commits,
 * with all that shares them.
 *
 * @module
 */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openStores, type Stores } from '../../packages/server/src/stores/open.ts'
import { startPostgres } from '../support/postgres.ts'
import { RUNS } from './open.ts'
import { DAY, NOW, PROOF, sessionOf, userOf } from './sessions/examples.ts'

const server = await startPostgres({ after })

const USERS = 5
const AT_ONCE = 64
const STEPS = 20 * RUNS

test('logins, refreshes and ends of the same few users never deadlock', async () => {
  await using database = await server.createDatabase()
  const open = () => openStores(database.url, { now: 0, timeoutMs: 20_000 })
  const nodes = [await open(), await open()] as const
  const ids = Array.from({ length: USERS }, (_, i) => `s${i}`)
  for (const id of ids) await nodes[0].users.insert(userOf(id), sessionOf(id, { userId: id }))

  const any = <T>(items: readonly T[]) => items[Math.floor(Math.random() * items.length)] as T
  const sessionIds = [...ids]
  async function logIn({ sessions }: Stores, step: string) {
    if (!(await sessions.open(sessionOf(step, { userId: any(ids) }), PROOF))) return
    sessionIds.push(step)
    if (sessionIds.length > 8 * USERS) sessionIds.shift()
  }
  const rotation = { from: 1, at: NOW, expiresAt: NOW + DAY, tokensUntil: NOW + DAY }
  const refresh = ({ sessions }: Stores) => sessions.rotate(any(sessionIds), rotation)
  const verbs: ((node: Stores, step: string) => Promise<unknown>)[] = [
    ...[logIn, logIn, logIn, refresh, refresh, refresh, refresh],
    ({ sessions }) => sessions.end(any(sessionIds), NOW),
    ({ sessions }) => sessions.endAll(any(ids), NOW),
    ({ users }) => users.setPassword(any(ids), { to: PROOF.passwordHash, at: NOW }),
  ]
  async function work(worker: number) {
    const node = nodes[worker % 2] as Stores
    for (let i = 0; i < STEPS; i += 1) await any(verbs)(node, `${worker}.${i}`)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, (_, worker) => work(worker)))
  // What a session has counted is sure to be told when it has ended.
  await Promise.all(nodes.map((node) => node.close()))
  const [row] = await database.query(
    'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
  )
  assert.equal(Number(row?.deadlocks), 0)
})
