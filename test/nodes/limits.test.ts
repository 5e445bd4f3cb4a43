/** What nodes have taken of a limit, as PostgreSQL keeps it. */
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LimitStore } from '../../packages/server/src/limits/store.ts'
import { openStores } from '../../packages/server/src/stores/open.ts'
import { startPostgres } from '../support/postgres.ts'

const NOW = 1_800_000_000_000
const server = await startPostgres({ after })

/** Two nodes on one database, and the database itself. */
async function open() {
  const database = await server.createDatabase()
  const nodes = await Promise.all([1, 2].map(() => openStores(database.url, { now: NOW })))
  const [one, other] = nodes.map(({ limits }) => limits) as [LimitStore, LimitStore]
  return {
    one,
    other,
    query: database.query,
    lock: database.lock,
    async [Symbol.asyncDispose]() {
      for (const node of nodes) await node.close()
      await database[Symbol.asyncDispose]()
    },
  }
}

const ask = { name: 'phone', key: '15555551212', wanted: 1, windowSeconds: 60 }
const MINUTE = 60_000

describe('a window', () => {
  test('counts what all nodes have wanted, and ends for all at once', async () => {
    await using nodes = await open()
    const first = await nodes.one.take({ ...ask, wanted: 4 })
    await sleep(20)
    const second = await nodes.other.take({ ...ask, wanted: 7 })
    const look = await nodes.one.take({ ...ask, wanted: 0 })
    assert.deepEqual([first.used, second.used, look.used], [4, 11, 11])
    assert.equal(first.endsInMs, MINUTE)
    assert.ok(second.endsInMs <= MINUTE - 20 && look.endsInMs <= second.endsInMs)
  })

  test('is followed by one that begins with the next request', async () => {
    await using nodes = await open()
    const short = { ...ask, windowSeconds: 1 }
    await nodes.one.take(short)
    const { used, endsInMs } = await nodes.other.take(short)
    assert.equal(used, 2)
    await sleep(endsInMs + 20)
    assert.deepEqual(await nodes.other.take(short), { used: 1, endsInMs: 1000 })
  })

  test('is of one limit and one key, whatever it is called', async () => {
    await using nodes = await open()
    for (const key of ['a', 'b', '', 'x'.repeat(20_000), "'; --", '\u00ff\ud83d\ude00']) {
      for (const name of ['address', 'phone']) {
        assert.equal((await nodes.one.take({ ...ask, name, key })).used, 1)
        assert.equal((await nodes.other.take({ ...ask, name, key })).used, 2)
      }
    }
    const rows = JSON.stringify(await nodes.query('SELECT * FROM limits'))
    await nodes.one.take(ask)
    assert.ok(!rows.includes(ask.key))
  })

  test('of another length is another one: nodes with different settings end none of each other', async () => {
    await using nodes = await open()
    const hour = { ...ask, windowSeconds: 3600 }
    for (let i = 1; i <= 3; i += 1) {
      assert.equal((await nodes.one.take(hour)).used, i)
      assert.equal((await nodes.other.take(ask)).used, i)
    }
  })

  test('F-10 lasts no longer when the clock of the database was set back', async () => {
    await using nodes = await open()
    await nodes.one.take({ ...ask, wanted: 10 })
    await nodes.query('UPDATE limits SET ends_at = ends_at + 3600000')
    assert.deepEqual(await nodes.one.take(ask), { used: 1, endsInMs: MINUTE })
  })
})

test('of two nodes that ask for the same keys, none waits for the other in a circle', async () => {
  await using nodes = await open()
  const keys = Array.from({ length: 200 }, (_, i) => `key ${i}`)
  for (let round = 1; round <= 20; round += 1) {
    const takeAll = (store: LimitStore, keys: readonly string[]) =>
      Promise.all(keys.map((key) => store.take({ ...ask, key })))
    const [a, b] = await Promise.all([
      takeAll(nodes.one, keys),
      takeAll(nodes.other, keys.toReversed()),
    ])
    const told = a.map(({ used }, i) => [used, b.at(-1 - i)?.used].sort())
    assert.ok(told.every(([x, y]) => x !== y))
  }
  const [sum] = await nodes.query(
    'SELECT count(*)::int AS keys, sum(used)::int AS used FROM limits',
  )
  assert.deepEqual(sum, { keys: 200, used: 200 * 20 * 2 })
})

test('a power cut takes the counts: no request waits for a disk to keep them', async () => {
  await using nodes = await open()
  const kept = "SELECT relpersistence FROM pg_class WHERE oid = 'limits'::regclass"
  assert.deepEqual(await nodes.query(kept), [{ relpersistence: 'u' }])
})

test('windows that have ended are dropped after a while, and no others', async () => {
  await using nodes = await open()
  await nodes.query("INSERT INTO limits SELECT 'old ' || n, 1, 0 FROM generate_series(1, 500) n")
  const asks = async (count: number, from: number) => {
    // Few enough at a time to be answered in time.
    for (let i = from; i < from + count; i += 200) {
      const keys = Array.from({ length: Math.min(200, from + count - i) }, (_, k) => `key ${i + k}`)
      await Promise.all(keys.map((key) => nodes.one.take({ ...ask, key })))
    }
  }
  const count = async () => Number((await nodes.query('SELECT count(*) FROM limits'))[0]?.count)
  await asks(9_999, 0)
  assert.equal(await count(), 10_499)
  await asks(1, 9_999)
  while ((await count()) > 10_000) await sleep(20)
  assert.equal(await count(), 10_000)
})

test('F-08 a database that does not answer is waited for 200 ms, and by nobody who comes then', async () => {
  await using nodes = await open()
  const { released } = await nodes.lock('limits', 0.5)
  const timed = async () => {
    const started = performance.now()
    await assert.rejects(nodes.one.take(ask), { name: 'StoreUnavailable' })
    return performance.now() - started
  }
  const [first, second] = [await timed(), await timed()]
  assert.ok(first >= 199 && first < 450, `${first} ms`)
  assert.ok(second < 190, `${second} ms`)
  await released
  await sleep(100)
  assert.equal((await nodes.one.take(ask)).used, 2)
})
