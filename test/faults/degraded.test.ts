/**
 * PostgreSQL is there and does not answer: refuses, is silent, slow, locked, out of connections. The
 * node says so in time, shows no token, and is well again by itself.
 */
import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts'
import { judge, postgresSource, readLedger, startLedger } from '../support/ledger.ts'
import { ask } from '../support/ledger-http.ts'
import { startPostgres, type TestDatabase } from '../support/postgres.ts'
import { openSandbox, startServer } from '../support/process.ts'
import { ADMIN_KEY } from '../support/service.ts'
import { nothingLost, quantiles } from './figures.ts'

const LONG = process.env.JOTTER_TEST_LONG !== undefined
const FAULT_MS = LONG ? 20_000 : 2_500
/** Twice what is promised: a busy machine is not a fault of the service. */
const ANSWERED_WITHIN_MS = 4_000
const WELL_WITHIN_MS = 3_000

/** As it is for callers: each order costs a lease for its phone number and one for its address. */
const LIMITS = { JOTTER_RATE_LIMIT: '1000000/second', JOTTER_RATE_LIMIT_PHONE: '10/minute' }

interface Place {
  proxy: FaultProxy
  database: TestDatabase
}

const END_SESSIONS =
  "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'jotter'"

interface Fault {
  id: string
  /** What the database does. */
  name: string
  /** Begins the fault; gives what ends it. */
  begin(place: Place): Promise<() => Promise<unknown>>
  /** A probe may find that the database can be written, only not this table. */
  somethingWorks?: true
}

const FAULTS: readonly Fault[] = [
  {
    id: 'F-06',
    name: 'refuses connections',
    async begin({ proxy }) {
      await proxy.refuse(true)
      return () => proxy.refuse(false)
    },
  },
  {
    id: 'F-06',
    name: 'is a black hole',
    async begin({ proxy }) {
      proxy.swallow(true)
      return async () => proxy.swallow(false)
    },
  },
  {
    id: 'F-06',
    name: 'answers after three seconds',
    async begin({ proxy }) {
      proxy.delay(1_500)
      return async () => proxy.delay(0)
    },
  },
  {
    id: 'F-06',
    name: 'has no connection left',
    async begin({ database }) {
      await database.query('ALTER ROLE jotter CONNECTION LIMIT 0')
      await database.query(END_SESSIONS)
      return () => database.query('ALTER ROLE jotter CONNECTION LIMIT -1')
    },
  },
  {
    id: 'F-04',
    name: 'waits for a lock',
    async begin({ database }) {
      const locked = database.query('BEGIN; LOCK TABLE transactions; SELECT pg_sleep(600)')
      const ended = assert.rejects(locked, /terminating/)
      const holders = (what: string) =>
        database.query(`SELECT ${what} FROM pg_locks
        WHERE relation = 'transactions'::regclass AND mode = 'AccessExclusiveLock' AND granted`)
      while ((await holders('pid')).length === 0) await sleep(10)
      return async () => {
        await holders('pg_terminate_backend(pid)')
        await ended
      }
    },
    somethingWorks: true,
  },
]

const server = await startPostgres({ after })

for (const { id, name, begin, somethingWorks = false } of FAULTS) {
  test(`${id} a PostgreSQL that ${name}: 503 in time, and well again by itself`, async (t) => {
    const proxy = await startFaultProxy(t, server.port)
    await using database = await server.createDatabase()
    const DATABASE_URL = database.url.replace(`:${server.port}/`, `:${proxy.port}/`)
    const sandbox = openSandbox(t)
    const node = await startServer(sandbox, { environment: { DATABASE_URL, ...LIMITS } })
    const url = node.address
    const agent = new Agent({ keepAlive: true })
    const client = startLedger(sandbox, { url, series: 0, concurrency: 16 })
    await client.until(({ acked }) => acked >= 50)

    const heal = await begin({ proxy, database })
    const began = Date.now()
    const look = ask(agent, `${url}/v1/transactions/unknown`, {
      headers: { authorization: `Bearer ${ADMIN_KEY}` },
    })
    const live: number[] = []
    const ready: number[] = []
    while (Date.now() < began + FAULT_MS) {
      const asked = performance.now()
      assert.equal((await ask(agent, `${url}/livez`)).status, 200)
      live.push(performance.now() - asked)
      ready.push((await ask(agent, `${url}/readyz`)).status)
      await sleep(50)
    }
    await heal()
    const healed = Date.now()
    const { acked } = client.counts()
    await client.until((counts) => counts.acked >= acked + 50)
    await client.stop()

    const orders = readLedger(client.file)
    const refusals = orders.flatMap(({ refused }) => refused ?? [])
    const windowMs = Math.max(0, ...refusals.map((refusal) => refusal.t - healed))
    const verdict = await judge(orders, await postgresSource(database))
    t.diagnostic(JSON.stringify(verdict))
    t.diagnostic(`${refusals.length} refused, ms: ${quantiles(refusals.map(({ ms }) => ms))}`)
    t.diagnostic(`livez, ms: ${quantiles(live)}; last refusal ${windowMs} ms after the end`)
    nothingLost(verdict)
    assert.ok(refusals.every(({ status, retryAfter }) => status === 503 && retryAfter))
    const longest = Math.max(...refusals.map(({ ms }) => ms))
    assert.ok(longest < ANSWERED_WITHIN_MS, `refused after ${longest} ms`)
    assert.ok(windowMs < WELL_WITHIN_MS, `refused ${windowMs} ms after the end`)
    // A good answer stands for a second.
    const isRed = ready.slice(-3).every((status) => status === 503)
    assert.ok(isRed || somethingWorks, `readyz: ${ready}`)
    const { status, headers } = await look
    assert.deepEqual([status, headers['retry-after']], [503, '1'])
    assert.equal((await ask(agent, `${url}/readyz`)).status, 200)
    agent.destroy()
    assert.deepEqual(await node.end('SIGTERM'), { code: 0, signal: null })
  })
}

test('F-11 a node that is told to stop while PostgreSQL is silent answers everybody, and ends', async (t) => {
  const proxy = await startFaultProxy(t, server.port)
  await using database = await server.createDatabase()
  const DATABASE_URL = database.url.replace(`:${server.port}/`, `:${proxy.port}/`)
  const sandbox = openSandbox(t)
  const node = await startServer(sandbox, { environment: { DATABASE_URL, ...LIMITS } })
  const client = startLedger(sandbox, { url: node.address, series: 0, concurrency: 16 })
  await client.until(({ acked }) => acked >= 50)
  proxy.swallow(true)
  await sleep(200)
  const told = performance.now()
  assert.deepEqual(await node.end('SIGTERM'), { code: 0, signal: null }, node.output())
  const ms = performance.now() - told
  t.diagnostic(`SIGTERM to exit: ${ms.toFixed()} ms`)
  assert.ok(ms < 10_000)
  const { refused, broken } = await client.ended
  assert.ok(refused > 0)
  assert.equal(broken, 0)
})
