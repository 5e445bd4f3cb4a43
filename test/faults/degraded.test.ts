/**
 * PostgreSQL is there and does not answer. The node says so in time, shows no token, and is well again
 * by itself.
 */
import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { type Answer, ask } from '../support/ledger-http.ts'
import { startPostgres } from '../support/postgres.ts'
import type { ServerProcess } from '../support/process.ts'
import { ADMIN_KEY } from '../support/service.ts'
import { type Ledger, startCluster } from './cluster.ts'
import { quantiles } from './figures.ts'
import { OUTAGES, standStill } from './outages.ts'

const LONG = process.env.JOTTER_TEST_LONG !== undefined
const OUTAGE_MS = LONG ? 20_000 : 3_500
/** For every answer while the database is away. */
const PROMISED_MS = 2_000
/**
 * What is promised, and a quarter of it more: on the machines of tests, nodes, clients and server
 * share two cores, so that a timer and the answer behind it may come some hundred milliseconds late.
 */
const ANSWERED_WITHIN_MS = PROMISED_MS + 500
const WELL_WITHIN_MS = 3_000
const STOPPED_WITHIN_MS = 10_000
/** Nobody waits for an answer then: half a second of goodbye, and the time that a process takes. */
const IDLE_STOPPED_WITHIN_MS = 3_000

/** As it is for callers: each order costs a lease for its phone number and one for its address. */
const LIMITS = { JOTTER_RATE_LIMIT: '1000000/second', JOTTER_RATE_LIMIT_PHONE: '10/minute' }

const server = await startPostgres({ after })

for (const { id, name, begin } of OUTAGES) {
  test(`${id} a PostgreSQL that ${name}: 503 in time, and well again by itself`, async (t) => {
    const proxy = await startFaultProxy(t, server.port)
    const cluster = await startCluster(t, server, { port: proxy.port, environment: LIMITS })
    const [node] = cluster.nodes as [ServerProcess]
    const [client] = cluster.clients as [Ledger]

    const key = await newKey(node.address)
    const heal = await begin({ proxy, server, database: cluster.database })
    const { live, ready, looks } = await watch(node.address, key)
    await heal()
    const healed = Date.now()
    const { acked } = client.counts()
    await client.until((counts) => counts.acked >= acked + 50)
    const isGreen = async () => (await ask(new Agent(), `${node.address}/readyz`)).status === 200
    while (!(await isGreen())) {
      assert.ok(Date.now() - healed < WELL_WITHIN_MS, 'readyz stays red')
      await sleep(20)
    }
    const { refusals } = await cluster.judgeAll()

    const windowMs = Math.max(0, ...refusals.map((refusal) => refusal.t - healed))
    t.diagnostic(`livez, ms: ${quantiles(live)}; last refusal ${windowMs} ms after the end`)
    assert.ok(refusals.length > 0)
    assert.ok(refusals.every(({ status, retryAfter }) => status === 503 && retryAfter))
    const longest = Math.max(...refusals.map(({ ms }) => ms))
    assert.ok(longest < ANSWERED_WITHIN_MS, `refused after ${longest} ms`)
    const slowest = Math.max(...looks.map(({ ms }) => ms))
    t.diagnostic(`looks, ms: ${quantiles(looks.map(({ ms }) => ms))}`)
    assert.ok(slowest < ANSWERED_WITHIN_MS, `a look was answered after ${slowest} ms`)
    assert.ok(windowMs < WELL_WITHIN_MS, `refused ${windowMs} ms after the end`)
    // A good answer stands for a second.
    assert.deepEqual(ready.slice(-3), [503, 503, 503])
    for (const { status, headers } of looks) {
      assert.deepEqual([status, headers['retry-after']], [503, '1'])
    }
    assert.deepEqual(await node.end('SIGTERM'), { code: 0, signal: null })
  })
}

/** Its holder may look, which takes a look at the key first, again every half second. */
async function newKey(address: string): Promise<string> {
  const headers = { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' }
  const body = JSON.stringify({ name: 'looks', scopes: ['transactions:read'] })
  const made = await ask(new Agent(), `${address}/v1/api-keys`, { method: 'POST', headers, body })
  return JSON.parse(made.body).secret
}

/** What the node says of itself while the outage lasts, and to somebody who looks a transaction up. */
async function watch(address: string, key: string) {
  const agent = new Agent({ keepAlive: true })
  const live: number[] = []
  const ready: number[] = []
  const looks: (Answer & { ms: number })[] = []
  const until = performance.now() + OUTAGE_MS

  async function look(secret: string) {
    const headers = { authorization: `Bearer ${secret}` }
    // None that the end of the outage could answer.
    while (performance.now() < until - PROMISED_MS) {
      const asked = performance.now()
      const answer = await ask(agent, `${address}/v1/transactions/unknown`, { headers })
      looks.push({ ...answer, ms: performance.now() - asked })
    }
  }
  const looking = Promise.all([ADMIN_KEY, key].map(look))
  while (performance.now() < until) {
    const asked = performance.now()
    assert.equal((await ask(agent, `${address}/livez`)).status, 200)
    live.push(performance.now() - asked)
    ready.push((await ask(agent, `${address}/readyz`)).status)
    await sleep(50)
  }
  await looking
  agent.destroy()
  return { live, ready, looks }
}

test('F-11 a node that is told to stop while PostgreSQL is silent answers everybody, and ends', async (t) => {
  const proxy = await startFaultProxy(t, server.port)
  const cluster = await startCluster(t, server, { port: proxy.port, environment: LIMITS })
  const [node] = cluster.nodes as [ServerProcess]
  const [client] = cluster.clients as [Ledger]
  proxy.swallow(true)
  await sleep(200)
  const told = performance.now()
  assert.deepEqual(await node.end('SIGTERM'), { code: 0, signal: null }, node.output())
  const ms = performance.now() - told
  t.diagnostic(`SIGTERM to exit: ${ms.toFixed()} ms`)
  assert.ok(ms < STOPPED_WITHIN_MS)
  const { refused, broken } = await client.ended
  assert.ok(refused > 0)
  assert.equal(broken, 0)
  await cluster.judgeAll()
})

test('F-11 a node that nobody asks is told to stop while PostgreSQL stands still, and ends', async (t) => {
  const { nodes, clients } = await startCluster(t, server, {
    port: server.port,
    environment: LIMITS,
  })
  const [node] = nodes as [ServerProcess]
  const [client] = clients as [Ledger]
  const key = await newKey(node.address)
  const headers = { authorization: `Bearer ${key}` }
  // Connections that read, too.
  await ask(new Agent(), `${node.address}/v1/transactions/unknown`, { headers })
  await client.stop()
  const goOn = standStill(server)
  t.after(goOn)
  const told = performance.now()
  const exit = await Promise.race([node.end('SIGTERM'), sleep(STOPPED_WITHIN_MS)])
  const ms = performance.now() - told
  t.diagnostic(`SIGTERM to exit: ${ms.toFixed()} ms`)
  goOn()
  assert.deepEqual(exit, { code: 0, signal: null }, node.output())
  assert.ok(ms < IDLE_STOPPED_WITHIN_MS)
})
