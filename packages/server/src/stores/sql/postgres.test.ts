/** What the engine answers when its server does not (security.md F-06). */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { after, describe, test } from 'node:test'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { NOW, order, retry } from '../../../../../test/stores/transactions/examples.ts'
import { startFaultProxy } from '../../../../../test/support/fault-proxy.ts'
import { startPostgres, type TestDatabase } from '../../../../../test/support/postgres.ts'
import { PASSWORD } from '../../../../../test/support/postgres-install.ts'
import { openStores } from '../open.ts'
import { openPostgres } from './postgres.ts'
import { openSession, postgresConfig } from './postgres-session.ts'

const server = await startPostgres({ after })
const UNAVAILABLE = { name: 'StoreUnavailable' }

async function openOn(url: string) {
  const stores = await openStores(url, { now: NOW })
  return Object.assign(stores, { [Symbol.asyncDispose]: () => stores.close() })
}

/** The wire to the server: it loses what the server says after `fatal` was sent to it. */
async function wireTo({ url }: TestDatabase) {
  const pairs = new Set<readonly [Socket, Socket]>()
  let fatal = 'nothing that is ever sent'
  let swallowing = false
  const swallowed = Promise.withResolvers<void>()
  const wire = createServer((client) => {
    const upstream = connect(server.port, '127.0.0.1')
    const pair = [client, upstream] as const
    pairs.add(pair)
    for (const socket of pair) socket.on('error', () => {}).on('close', () => hangUp(pair))
    client.on('data', (bytes) => {
      swallowing ||= bytes.includes(fatal)
      upstream.write(bytes)
    })
    upstream.on('data', (bytes) => {
      if (swallowing) swallowed.resolve()
      else client.write(bytes)
    })
  })
  const hangUp = (pair: readonly [Socket, Socket]) => {
    pairs.delete(pair)
    for (const socket of pair) socket.destroy()
  }
  wire.listen(0, '127.0.0.1')
  await once(wire, 'listening')
  return {
    url: url.replace(/:\d+\//, `:${(wire.address() as AddressInfo).port}/`),
    /** Fulfils with the first answer that is lost. */
    swallowed: swallowed.promise,
    swallowAfter(text: string) {
      fatal = text
    },
    cut() {
      fatal = 'nothing that is ever sent'
      swallowing = false
      for (const pair of pairs) hangUp(pair)
    },
    [Symbol.dispose]() {
      for (const pair of pairs) hangUp(pair)
      wire.close()
    },
  }
}

/** Waits until `ask` fulfils: the server is found again. */
async function again<T>(ask: () => Promise<T>): Promise<T> {
  for (const until = performance.now() + 10_000; ; ) {
    try {
      return await ask()
    } catch (error) {
      if (performance.now() > until) throw error
      await nextTurn()
    }
  }
}

/** Waits until a transaction is there. */
async function committed(database: TestDatabase, xid: string) {
  while ((await database.query('SELECT FROM transactions WHERE xid = $1', [xid])).length === 0);
}

describe('a commit whose answer is lost', () => {
  const cases = {
    'of one statement': { fatal: 'order-2', with: undefined },
    'of several': { fatal: 'COMMIT', with: { ...retry, xid: 'order-2' } },
  }
  for (const [name, { fatal, with: kept }] of Object.entries(cases)) {
    test(`${name} is found by its row, and was successful`, async () => {
      await using database = await server.createDatabase()
      using wire = await wireTo(database)
      await using stores = await openOn(wire.url)
      await stores.transactions.insert(order)
      wire.swallowAfter(fatal)
      const insert = stores.transactions.insert({ ...order, xid: 'order-2' }, kept)
      await committed(database, 'order-2')
      wire.cut()
      assert.equal(await insert, true)
      assert.equal(await stores.transactions.insert({ ...order, xid: 'order-2' }), false)
    })
  }

  test('and whose row is of somebody else was not', async () => {
    await using database = await server.createDatabase()
    using wire = await wireTo(database)
    await using stores = await openOn(wire.url)
    await using others = await openOn(database.url)
    await others.transactions.insert({ ...order, token: 'of another' })
    await stores.transactions.insert({ ...order, xid: 'order-2' })
    wire.swallowAfter('order-1')
    const insert = stores.transactions.insert(order)
    await wire.swallowed
    wire.cut()
    await assert.rejects(insert, UNAVAILABLE)
    assert.equal((await stores.transactions.get('customer', 'order-1'))?.token, 'of another')
  })

  test('is not answered before it is decided: one that still runs is ended', async () => {
    await using database = await server.createDatabase()
    using wire = await wireTo(database)
    await using stores = await openOn(wire.url)
    await stores.transactions.insert({ ...order, xid: 'order-2' })
    // Stands in the way of the insert, which therefore runs on after its client has gone.
    const blocker = await openSession(postgresConfig(database.url, 60_000))
    await blocker.client.query('BEGIN; LOCK TABLE transactions IN SHARE MODE')
    const insert = stores.transactions.insert(order)
    const waiting = 'SELECT FROM pg_locks WHERE NOT granted'
    while ((await database.query(waiting)).length === 0);
    wire.cut()
    await assert.rejects(insert, UNAVAILABLE)
    await blocker.client.query('ROLLBACK')
    await blocker.client.end()
    assert.equal(await stores.transactions.get('customer', 'order-1'), undefined)
    assert.equal(await stores.transactions.insert(order), true)
  })
})

describe('a server that', () => {
  test('is down: 503 in time, and all is well when it is back', async () => {
    await using database = await server.createDatabase()
    await using stores = await openOn(database.url)
    await stores.transactions.insert(order)
    await server.stop('immediate')
    const started = performance.now()
    await assert.rejects(stores.transactions.insert({ ...order, xid: 'order-2' }), UNAVAILABLE)
    await assert.rejects(stores.transactions.get('customer', 'order-1'), UNAVAILABLE)
    await assert.rejects(stores.ping(), UNAVAILABLE)
    assert.ok(performance.now() - started < 2_000)
    await server.start()
    await again(() => stores.ping())
    assert.equal(await stores.transactions.insert(order), false)
  })

  test('stands still: 503 in time, and all is well when it moves', async () => {
    await using database = await server.createDatabase()
    await using stores = await openOn(database.url)
    await stores.transactions.insert(order)
    await stores.transactions.get('customer', 'order-1')
    const sessions = await database.query(`SELECT pid FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = 'jotter'`)
    const signal = (name: NodeJS.Signals) => {
      for (const { pid } of sessions) process.kill(Number(pid), name)
    }
    assert.ok(sessions.length >= 2)
    signal('SIGSTOP')
    try {
      const started = performance.now()
      const inserts = ['a', 'b', 'c'].map((xid) => stores.transactions.insert({ ...order, xid }))
      const asked = [...inserts, stores.transactions.get('customer', 'order-1')]
      for (const answer of asked) answer.catch(() => {})
      await Promise.allSettled(asked)
      assert.ok(performance.now() - started < 2_000, `${performance.now() - started}`)
    } finally {
      signal('SIGCONT')
    }
    await again(() => stores.ping())
    assert.equal(await stores.transactions.insert(order), false)
  })

  test('ends a session ends no more than what was under way', async () => {
    await using database = await server.createDatabase()
    await using stores = await openOn(database.url)
    const end = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = 'jotter'`
    let kept = 0
    for (let round = 0; round < 20; round += 1) {
      const inserts = Array.from({ length: 20 }, (_, i) =>
        stores.transactions.insert({ ...order, xid: `${round}.${i}` }),
      )
      const [answers] = await Promise.all([Promise.allSettled(inserts), database.query(end)])
      kept += answers.filter(({ status }) => status === 'fulfilled').length
    }
    const [row] = await database.query('SELECT count(*) AS n FROM transactions')
    assert.ok(kept > 0)
    assert.equal(kept, Number(row?.n))
    await again(() => stores.ping())
  })

  test('takes only some writes is not ready, until it takes them again', async () => {
    await using database = await server.createDatabase()
    await using stores = await openOn(database.url)
    await stores.transactions.insert(order)
    await database.query('REVOKE INSERT ON transactions FROM jotter')
    const insert = () => stores.transactions.insert({ ...order, xid: 'order-2' })
    await assert.rejects(insert(), UNAVAILABLE)
    await assert.rejects(stores.ping(), UNAVAILABLE)
    await database.query('GRANT INSERT ON transactions TO jotter')
    assert.equal(await insert(), true)
    await stores.ping()
  })

  test('has a newer schema meanwhile is read on', async () => {
    await using database = await server.createDatabase()
    await using stores = await openOn(database.url)
    await stores.transactions.insert(order)
    const read = () => stores.transactions.get('customer', 'order-1')
    await Promise.all([read(), read(), read()])
    await database.query('ALTER TABLE transactions ADD COLUMN later TEXT')
    for (const found of await Promise.all([read(), read(), read()])) {
      assert.equal(found?.token, order.token)
    }
  })

  test('waits for a standby that is away has not committed, whatever can be seen', async (t) => {
    const alone = await startPostgres(t)
    await using database = await alone.createDatabase()
    await using stores = await openOn(database.url)
    await stores.transactions.insert(order)
    await database.query(`ALTER SYSTEM SET synchronous_standby_names = 'away'`)
    await database.query('SELECT pg_reload_conf()')
    await sleep(300)
    await assert.rejects(stores.transactions.insert({ ...order, xid: 'order-2' }), UNAVAILABLE)
    await database.query('ALTER SYSTEM RESET synchronous_standby_names')
    await database.query('SELECT pg_reload_conf()')
  })

  test('falls silent behind a read that had to wait for its connection: both together are bounded', async (t) => {
    await using database = await server.createDatabase()
    const proxy = await startFaultProxy(t, server.port)
    const url = database.url.replace(`:${server.port}/`, `:${proxy.port}/`)
    const stores = await openStores(url, { now: NOW, connections: 4, timeoutMs: 3_000 })
    // For as long as the first two reads may wait for a lock, and the third has no connection.
    const { released } = await database.lock('transactions', 2)
    const started = performance.now()
    const reads = [1, 2, 3].map(() => stores.transactions.get('customer', 'order-1'))
    for (const read of reads) read.catch(() => {})
    await Promise.allSettled(reads.slice(0, 2))
    await sleep(100)
    proxy.swallow(true)
    await assert.rejects(reads[2] as Promise<unknown>, UNAVAILABLE)
    const waited = performance.now() - started
    // Each by itself would take 5 s.
    assert.ok(waited > 2_900 && waited < 4_500, `${waited} ms`)
    proxy.swallow(false)
    await released
    await stores.close()
  })

  test('does not sync is refused', async (t) => {
    const careless = await startPostgres(t, { fsync: 'off' })
    const { url } = await careless.createDatabase()
    await assert.rejects(openPostgres(url, { now: NOW }), {
      ...UNAVAILABLE,
      message: /fsync is off/,
    })
  })

  test('would answer before it syncs does not so for us', async () => {
    await using database = await server.createDatabase()
    await database.query(`ALTER DATABASE ${database.name} SET synchronous_commit = off`)
    const { client } = await openSession(postgresConfig(database.url, 1_000))
    const { rows } = await client.query('SHOW synchronous_commit')
    await client.end()
    await database.query(`ALTER DATABASE ${database.name} RESET synchronous_commit`)
    assert.deepEqual(rows, [{ synchronous_commit: 'on' }])
  })

  test('refuses the password is told without it', async () => {
    await using database = await server.createDatabase()
    const wrong = database.url.replace(encodeURIComponent(PASSWORD), 'hunter2')
    const refused = openPostgres(wrong, { now: NOW })
    await assert.rejects(refused, ({ name, message, stack, cause }) => {
      assert.equal(name, 'StoreUnavailable')
      assert.match(message, /password authentication failed/)
      assert.doesNotMatch(`${message} ${stack} ${cause}`, /hunter2|only tests/)
      return true
    })
  })
})
