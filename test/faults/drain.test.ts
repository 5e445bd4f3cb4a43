/** The process is told to stop while it issues. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileSource, judge, readLedger, startLedger } from '../support/ledger.ts'
import { openSandbox, startServer } from '../support/process.ts'
import { nothingWrong, quantiles } from './figures.ts'
import { seededRandom } from './random.ts'

const ROUNDS = process.env.JOTTER_TEST_LONG === undefined ? 8 : 50

test('F-11 SIGTERM under load answers every request that was sent', async (t) => {
  const random = seededRandom(t)
  const sandbox = openSandbox(t)
  const ledgers: string[] = []
  const stops: number[] = []
  const broken = []

  for (let round = 0; round < ROUNDS; round++) {
    const { address: url, ...server } = await startServer(sandbox)
    const clients = [
      startLedger(sandbox, { url, series: 2 * round, concurrency: 32 }),
      startLedger(sandbox, { url, series: 2 * round + 1, concurrency: 4, keepAlive: false }),
    ]
    await Promise.all(clients.map((client) => client.until(({ acked }) => acked >= 50)))
    await sleep(random() * 300)

    const told = performance.now()
    assert.deepEqual(await server.end('SIGTERM'), { code: 0, signal: null }, server.output())
    stops.push(performance.now() - told)
    for (const client of clients) {
      broken.push((await client.ended).broken)
      ledgers.push(client.file)
    }
  }
  t.diagnostic(`${ROUNDS} stops, SIGTERM to exit, ms: ${quantiles(stops)}; broken: ${broken}`)
  const verdict = await judge(
    ledgers.flatMap(readLedger),
    fileSource(join(sandbox.folder, 'data', 'jotter.db')),
  )
  t.diagnostic(JSON.stringify(verdict))
  nothingWrong(verdict)
  assert.equal(verdict.unknown_present, 0, 'stored, and its client was not told')
})
