/**
 * PostgreSQL is there and does not answer. The node says so in time, shows no token, and is well again
 * by itself.
 */
import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { ask } from '../support/ledger-http.ts'
import { startPostgres } from '../support/postgres.ts'
import type { ServerProcess } from '../support/process.ts'
import { ADMIN_KEY } from '../support/service.ts'
import { type Ledger, startCluster } from './cluster.ts'
import { quantiles } from './figures.ts'
import { OUTAGES } from './outages.ts'

const LONG = process.env.JOTTER_TEST_LONG !== undefined
const OUTAGE_MS = LONG ? 20_000 : 2_500
/** Twice what is promised: a busy machine is not a fault of the service. */
const ANSWERED_WITHIN_MS = 4_000
const WELL_WITHIN_MS = 3_000
const STOPPED_WITHIN_MS = 10_000

/** As it is for callers: each order costs a lease for its phone number and one for its address. */
const LIMITS = { JOTTER_RATE_LIMIT: '1000000/second', JOTTER_RATE_LIMIT_PHONE: '10/minute' }

const server = await startPostgres({ after })

for (const { id, name, begin, somethingWorks = false } of OUTAGES) {
  test(`${id} a PostgreSQL that ${name}: 503 in time, and well again by itself`, async (t) => {
    const proxy = await startFaultProxy(t, server.port)
    const cluster = await startCluster(t, server, { port: proxy.port, environment: LIMITS })
    const [node] = cluster.nodes as [ServerProcess]
    const [client] = cluster.clients as [Ledger]

    const heal = await begin({ proxy, database: cluster.database })
    const { live, ready, look } = await watch(node.address)
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
    assert.ok(windowMs < WELL_WITHIN_MS, `refused ${windowMs} ms after the end`)
    // A good answer stands for a second.
    const isRed = ready.slice(-3).every((status) => status === 503)
    assert.ok(isRed || somethingWorks, `readyz: ${ready}`)
    assert.deepEqual([look.status, look.headers['retry-after']], [503, '1'])
    assert.deepEqual(await node.end('SIGTERM'), { code: 0, signal: null })
  })
}

/** What the node says of itself while the outage lasts, and to somebody who looks a transaction up. */
async function watch(address: string) {
  const agent = new Agent({ keepAlive: true })
  const headers = { authorization: `Bearer ${ADMIN_KEY}` }
  const looking = ask(agent, `${address}/v1/transactions/unknown`, { headers })
  const live: number[] = []
  const ready: number[] = []
  for (const until = performance.now() + OUTAGE_MS; performance.now() < until; ) {
    const asked = performance.now()
    assert.equal((await ask(agent, `${address}/livez`)).status, 200)
    live.push(performance.now() - asked)
    ready.push((await ask(agent, `${address}/readyz`)).status)
    await sleep(50)
  }
  const look = await looking
  agent.destroy()
  return { live, ready, look }
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
