/**
 * Transactions of PostgreSQL are not committed in the order in which they begin. Whoever reads
 * revocations while some are under way misses none of them.
 *
 * @module
 */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { openStores } from '../../packages/server/src/stores/open.ts'
import { startPostgres, type TestDatabase } from '../support/postgres.ts'
import { NOW } from './sessions/examples.ts'

const server = await startPostgres({ after })

/** Another node, which takes its time: each statement is of one transaction until `end`. */
async function slowNode({ url }: TestDatabase) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query('BEGIN')
  return {
    revoke: (value: string) =>
      client.query(
        `INSERT INTO revocations (kind, value, revoked_at, expires_at)
         VALUES ('jti', $1, ${NOW}, ${NOW})`,
        [value],
      ),
    async end(how: 'COMMIT' | 'ROLLBACK' = 'COMMIT') {
      await client.query(how)
      await client.end()
    },
  }
}

async function openShared() {
  const database = await server.createDatabase()
  const stores = await openStores(database.url, { now: NOW, timeoutMs: 20_000 })
  const { revocations } = stores
  return {
    database,
    revoke: (value: string) =>
      revocations.insert({
        kind: 'jti',
        value,
        notBefore: undefined,
        revokedAt: NOW,
        expiresAt: NOW,
      }),
    async read(from: number) {
      const { items, horizon } = await revocations.read(from)
      return { values: items.map(({ value }) => value), horizon }
    },
    /** Whatever else the server does for itself holds the horizon back for a moment. */
    async readToTheEnd(from: number) {
      for (let at = from, left = 1000; left > 0; left -= 1) {
        const { items, horizon } = await revocations.read(at)
        if (items.length === 0) return
        at = horizon
        await pause(10)
      }
      assert.fail('the same is read again and again')
    },
    async [Symbol.asyncDispose]() {
      await stores.close()
      await database[Symbol.asyncDispose]()
    },
  }
}

test('what is committed late is read, also by who has read what was written after it', async () => {
  await using shared = await openShared()
  await shared.revoke('first')
  const { horizon: begin } = await shared.read(0)
  const slow = await slowNode(shared.database)
  await slow.revoke('late')
  await shared.revoke('quick')
  const meanwhile = await shared.read(begin)
  assert.deepEqual(meanwhile.values, ['quick'])
  await slow.end()
  // Once more is harmless, never is not.
  const afterwards = await shared.read(meanwhile.horizon)
  assert.deepEqual(afterwards.values, ['late', 'quick'])
  await shared.readToTheEnd(afterwards.horizon)
})

test('of two that end the other way round each is read', async () => {
  await using shared = await openShared()
  const one = await slowNode(shared.database)
  const two = await slowNode(shared.database)
  await one.revoke('one')
  await two.revoke('two')
  let { horizon } = await shared.read(0)
  for (const [node, values] of [
    [two, ['two']],
    [one, ['one', 'two']],
  ] as const) {
    await node.end()
    const page = await shared.read(horizon)
    assert.deepEqual(page.values, values)
    horizon = page.horizon
  }
  await shared.readToTheEnd(horizon)
})

test('one that is rolled back holds up nobody for longer than it lasts', async () => {
  await using shared = await openShared()
  const slow = await slowNode(shared.database)
  await slow.revoke('never')
  await shared.revoke('quick')
  const meanwhile = await shared.read(0)
  await slow.end('ROLLBACK')
  const afterwards = await shared.read(meanwhile.horizon)
  assert.deepEqual(afterwards.values, ['quick'])
  await shared.readToTheEnd(afterwards.horizon)
})
