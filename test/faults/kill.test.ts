/**
 * The process is killed while it issues. All rounds share one database, so that what an earlier
 * round acknowledged is at stake in every later one.
 */
import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileSource, judge, readLedger, serviceSource, startLedger } from '../support/ledger.ts'
import { ask } from '../support/ledger-http.ts'
import { exitOf, openSandbox, type Sandbox, spawnServer, startServer } from '../support/process.ts'
import { nothingWrong, quantiles, sum } from './figures.ts'
import { seededRandom } from './random.ts'

const LONG = process.env.JOTTER_TEST_LONG !== undefined
const ROUNDS = LONG ? 200 : 8
const LOAD_MS = LONG ? { least: 200, most: 3_000 } : { least: 100, most: 600 }
/** One restart in so many is killed, too, before it is through. */
const KILLED_RESTARTS = 4

test('F-01 kill -9 under load loses no acknowledged token', async (t) => {
  const random = seededRandom(t)
  const sandbox = openSandbox(t)
  const ledgers: string[] = []
  const verdicts = []
  const restarts: number[] = []

  let { server, ms } = await restart(sandbox)
  for (let round = 0; round < ROUNDS; round++) {
    const client = startLedger(sandbox, { url: server.address, concurrency: 32, series: round })
    ledgers.push(client.file)
    await client.until(({ acked }) => acked > 0)
    await sleep(LOAD_MS.least + random() * (LOAD_MS.most - LOAD_MS.least))
    await server.end('SIGKILL')
    await client.ended

    if (random() < 1 / KILLED_RESTARTS) await killStarting(sandbox, random() * 400)
    ;({ server, ms } = await restart(sandbox))
    restarts.push(ms)
    using source = serviceSource(server.address)
    verdicts.push(await judge(readLedger(client.file), source))
  }
  assert.deepEqual(await server.end('SIGTERM'), { code: 0, signal: null })

  const asked = sum(verdicts)
  t.diagnostic(`${ROUNDS} kills, the restarted service says: ${JSON.stringify(asked)}`)
  t.diagnostic(`restart to first token, ms: ${quantiles(restarts)}`)
  t.diagnostic(`no loss in ${ROUNDS} kills: below ${(300 / ROUNDS).toFixed(1)} % per kill (95 %)`)
  nothingWrong(asked)

  const stored = await judge(
    ledgers.flatMap(readLedger),
    fileSource(join(sandbox.folder, 'data', 'jotter.db')),
  )
  assert.deepEqual(stored, asked, 'what the file holds in the end')
})

/** Starts the service and measures the time to its first token. */
async function restart(sandbox: Sandbox) {
  const started = performance.now()
  const server = await startServer(sandbox)
  const { status } = await ask(new Agent(), `${server.address}/v1/token/15555551212/first`)
  assert.equal(status, 200, server.output())
  return { server, ms: performance.now() - started }
}

async function killStarting(sandbox: Sandbox, afterMs: number): Promise<void> {
  const { child } = spawnServer(sandbox)
  await sleep(afterMs)
  child.kill('SIGKILL')
  await exitOf(child)
}
