/** Writes that PostgreSQL does in another way than SQLite, beside what every store is tested for. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { NOW, order, retry } from '../../../../../test/stores/transactions/examples.ts'
import { startPostgres } from '../../../../../test/support/postgres.ts'
import { openStores } from '../open.ts'
import { openSession, postgresConfig } from './postgres-session.ts'

const server = await startPostgres({ after })

async function openOn(url: string) {
  const stores = await openStores(url, { now: NOW })
  return Object.assign(stores, { [Symbol.asyncDispose]: () => stores.close() })
}

test('a purge that waited for a row looks at its age again', async () => {
  await using database = await server.createDatabase()
  await using stores = await openOn(database.url)
  await stores.transactions.insert(order, retry)
  const { client } = await openSession(postgresConfig(database.url, 5_000))
  await client.query('BEGIN')
  await client.query(`UPDATE transactions SET issued_at = ${NOW + 10}`)
  await client.query(`UPDATE retries SET issued_at = ${NOW + 10}`)
  const purged = stores.transactions.purge(NOW + 5, NOW + 5, 10)
  await sleep(200)
  await client.query('COMMIT')
  await client.end()
  assert.equal(await purged, 0)
  assert.ok(await stores.transactions.get(order.customerId, order.xid))
  const [kept] = await database.query('SELECT count(*) AS retries FROM retries')
  assert.equal(Number(kept?.retries), 1)
})

test('an idempotency key that is taken takes its own write back and no other', async () => {
  await using database = await server.createDatabase()
  await using stores = await openOn(database.url)
  const insert = (i: number, key: string) =>
    stores.transactions.insert({ ...order, xid: String(i) }, { ...retry, key, xid: String(i) })
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, i) => insert(i, String(i % 50))),
  )
  assert.equal(answers.filter(Boolean).length, 50)
  const [row] = await database.query(
    'SELECT count(*) AS n FROM transactions JOIN retries USING (xid)',
  )
  assert.equal(Number(row?.n), 50)
})

test('a NUL, which PostgreSQL cannot hold, finds nothing and fails nobody else', async () => {
  await using database = await server.createDatabase()
  await using stores = await openOn(database.url)
  const [found, removed, kept] = await Promise.all([
    stores.apiKeys.get('a\0b'),
    stores.apiKeys.remove('a\0b'),
    stores.transactions.insert(order),
  ])
  assert.deepEqual({ found, removed, kept }, { found: undefined, removed: false, kept: true })
})

test('of new xids and chosen ones that are written together each has its own answer', async () => {
  await using database = await server.createDatabase()
  await using stores = await openOn(database.url)
  const insert = (xid: string, isNew: boolean) =>
    stores.transactions.insert({ ...order, xid }, undefined, isNew)
  const chosen = ['a', 'b', 'a', 'c'].map((xid) => insert(xid, false))
  const made = ['d', 'e'].map((xid) => insert(xid, true))
  assert.deepEqual(await Promise.all([...chosen, ...made]), [true, true, false, true, true, true])
})

test('a new xid that is taken all the same fails its own write and no other', async () => {
  await using database = await server.createDatabase()
  await using stores = await openOn(database.url)
  const insert = (xid: string) => stores.transactions.insert({ ...order, xid }, undefined, true)
  assert.equal(await insert('taken'), true)
  const [first, again, last] = await Promise.allSettled(['first', 'taken', 'last'].map(insert))
  assert.deepEqual([first, last], Array(2).fill({ status: 'fulfilled', value: true }))
  assert.equal(again?.status, 'rejected')
  const [kept] = await database.query('SELECT count(*) AS transactions FROM transactions')
  assert.equal(Number(kept?.transactions), 3)
})

test('nobody waits behind a write that waits for a lock', async () => {
  await using database = await server.createDatabase()
  await using stores = await openOn(database.url)
  await stores.transactions.insert({ ...order, xid: 'locked' })
  const { client: other } = await openSession(postgresConfig(database.url, 5_000))
  try {
    await other.query('BEGIN')
    await other.query(`SELECT * FROM transactions WHERE xid = 'locked' FOR UPDATE`)
    const { customerId } = order
    const to = { status: 'revoked', at: NOW, by: 'test', detail: undefined } as const
    const settled: string[] = []
    const waits = stores.transactions
      .advance(customerId, 'locked', { from: ['issued'], to })
      .finally(() => settled.push('waits'))
    // In one batch they would wait together.
    await sleep(50)
    assert.equal(await stores.transactions.insert({ ...order, xid: 'free' }), true)
    assert.deepEqual(settled, [])
    await other.query('COMMIT')
    assert.equal(await waits, true)
  } finally {
    await other.end()
  }
})
