/** Another process holds the write lock of the SQLite file: this one. */
import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileSource, judge, readLedger, startLedger } from '../support/ledger.ts'
import { type Answer, type Ask, ask } from '../support/ledger-http.ts'
import { openSandbox, startServer } from '../support/process.ts'
import { ADMIN_KEY } from '../support/service.ts'
import { quantiles } from './figures.ts'

const LOCKED_MS = 4_000
/** Twice what is promised: a busy machine is not a fault of the service. */
const REFUSED_WITHIN_MS = 4_000

test('F-04 while another process holds the lock, issuing is refused and the rest goes on', async (t) => {
  const sandbox = openSandbox(t)
  const { address: url, end } = await startServer(sandbox)
  const file = join(sandbox.folder, 'data', 'jotter.db')
  const agent = new Agent({ keepAlive: true })
  const known = `${url}/v1/transactions/known`
  await ask(agent, `${url}/v1/token/15555551212/known`)

  using other = new DatabaseSync(file, { timeout: 5_000 })
  other.exec('BEGIN IMMEDIATE')
  const client = startLedger(sandbox, { url, series: 0, concurrency: 64 })
  const until = performance.now() + LOCKED_MS
  const repeat = async (pauseMs: number, path: string, init?: Ask) => {
    const answers: Answer[] = []
    const times: number[] = []
    while (performance.now() < until) {
      const asked = performance.now()
      answers.push(await ask(agent, path, init))
      times.push(performance.now() - asked)
      await sleep(pauseMs)
    }
    return { statuses: [...new Set(answers.map(({ status }) => status))], times }
  }
  const [live, look, ready] = await Promise.all([
    repeat(5, `${url}/livez`),
    repeat(5, known, { headers: { authorization: `Bearer ${ADMIN_KEY}` } }),
    repeat(100, `${url}/readyz`),
  ])
  // Every order is answered before the lock goes.
  const { acked, refused, broken } = await client.stop()
  other.exec('ROLLBACK')
  const healed = await ask(agent, `${url}/v1/token/15555551212/healed`)

  const orders = readLedger(client.file)
  const waits = orders.flatMap((order) => order.refused?.ms ?? [])
  t.diagnostic(`livez, ms: ${quantiles(live.times)} of ${live.times.length}`)
  t.diagnostic(`GET /v1/transactions/{xid}, ms: ${quantiles(look.times)} of ${look.times.length}`)
  t.diagnostic(`${refused} refused, ms: ${quantiles(waits)}`)
  assert.deepEqual([live.statuses, look.statuses, ready.statuses], [[200], [200], [503]])
  assert.deepEqual({ acked, broken }, { acked: 0, broken: 0 })
  for (const { refused } of orders) {
    assert.deepEqual([refused?.status, refused?.retryAfter], [503, true])
  }
  assert.equal(healed.status, 200)
  assert.equal((await ask(agent, `${url}/readyz`)).status, 200)
  agent.destroy()
  assert.deepEqual(await end('SIGTERM'), { code: 0, signal: null })
  const verdict = await judge(orders, fileSource(file))
  assert.equal(verdict.refused_present, 0)
  assert.ok(Math.max(...waits) < REFUSED_WITHIN_MS, `refused after ${Math.max(...waits)} ms`)
})
