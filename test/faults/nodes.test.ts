/** One of two nodes ends, or stands still and goes on, while both issue. */
import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { ask } from '../support/ledger-http.ts'
import { startPostgres } from '../support/postgres.ts'
import { startCluster } from './cluster.ts'
import { seededRandom } from './random.ts'

const LONG = process.env.JOTTER_TEST_LONG !== undefined
const KILLS = LONG ? 15 : 2
const STANDSTILLS = LONG ? 12 : 2
const STANDSTILL_MS = LONG ? 5_000 : 2_000

const server = await startPostgres({ after })

test('F-01 a node that is killed under load loses nothing, and the other does not notice', async (t) => {
  const random = seededRandom(t)
  const cluster = await startCluster(t, server, { nodes: 2, port: server.port })
  let [, victim] = cluster.nodes
  const [witness] = cluster.clients
  let [, client] = cluster.clients
  assert.ok(victim && witness && client)
  for (let round = 0; round < KILLS; round += 1) {
    await sleep(200 + 600 * random())
    await victim.end('SIGKILL')
    await client.ended
    victim = await cluster.startNode()
    client = cluster.startClient(victim)
    await client.until(({ acked }) => acked > 0)
  }
  const { refused, broken } = witness.counts()
  assert.deepEqual({ refused, broken }, { refused: 0, broken: 0 })
  await cluster.judgeAll()
})

test('F-06 a node that stands still holds nobody up, and goes on where it was', async (t) => {
  const random = seededRandom(t)
  const cluster = await startCluster(t, server, { nodes: 2, port: server.port })
  const [still] = cluster.nodes
  const [own, witness] = cluster.clients
  assert.ok(still && own && witness)
  const agent = new Agent()
  for (let round = 0; round < STANDSTILLS; round += 1) {
    await sleep(300 * random())
    process.kill(still.pid, 'SIGSTOP')
    const { acked } = witness.counts()
    await sleep(STANDSTILL_MS)
    assert.ok(witness.counts().acked > acked + 20, 'the other node went on')
    process.kill(still.pid, 'SIGCONT')
    const resumed = performance.now()
    while ((await ask(agent, `${still.address}/readyz`)).status !== 200) await sleep(20)
    const before = own.counts().acked
    await own.until(({ acked }) => acked > before + 20)
    t.diagnostic(`well ${(performance.now() - resumed).toFixed()} ms after it went on`)
  }
  const { broken } = witness.counts()
  const { refusals } = await cluster.judgeAll()
  assert.equal(broken, 0)
  assert.ok(refusals.every(({ status, retryAfter }) => status === 503 && retryAfter))
})
