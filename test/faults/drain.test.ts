/** The process is told to stop while it issues. */
import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileSource, judge, readLedger, startLedger } from '../support/ledger.ts'
import { ask, NoAnswer } from '../support/ledger-http.ts'
import { openSandbox, startServer } from '../support/process.ts'
import { nothingWrong, quantiles } from './figures.ts'
import { seededRandom } from './random.ts'

const ROUNDS = process.env.JOTTER_TEST_LONG === undefined ? 3 : 50

test('F-11 SIGTERM under load answers every request that was sent', async (t) => {
  const random = seededRandom(t)
  const sandbox = openSandbox(t)
  const ledgers: string[] = []
  const stops: number[] = []
  const broken = { kept: 0, fresh: 0 }

  for (let round = 0; round < ROUNDS; round++) {
    const { address: url, ...server } = await startServer(sandbox)
    const clients = [
      startLedger(sandbox, { url, series: 2 * round, concurrency: 32 }),
      startLedger(sandbox, { url, series: 2 * round + 1, concurrency: 4, keepAlive: false }),
    ]
    await Promise.all(clients.map((client) => client.until(({ acked }) => acked >= 20)))
    await sleep(random() * 300)

    const told = performance.now()
    assert.deepEqual(await server.end('SIGTERM'), { code: 0, signal: null }, server.output())
    stops.push(performance.now() - told)
    ledgers.push(...clients.map(({ file }) => file))
    const [kept, fresh] = await Promise.all(clients.map(({ ended }) => ended))
    broken.kept += kept?.broken ?? 0
    broken.fresh += fresh?.broken ?? 0
  }
  t.diagnostic(`${ROUNDS} stops, SIGTERM to exit, ms: ${quantiles(stops)}`)
  t.diagnostic(`no answer: ${JSON.stringify(broken)}`)
  const verdict = await judge(
    ledgers.flatMap(readLedger),
    fileSource(join(sandbox.folder, 'data', 'jotter.db')),
  )
  t.diagnostic(JSON.stringify(verdict))
  nothingWrong(verdict)
  assert.equal(broken.kept, 0, 'sent on a connection in use, and not answered')
  // A connection that the system has taken and the service not yet is reset when the service stops
  // listening. Nothing may have come of what it carried.
  assert.equal(verdict.unknown_present, 0, 'stored, and its client was not told')
})

test('F-11 an answer to a request from before the stop says that it is the last', async (t) => {
  const server = await startServer(openSandbox(t))
  const { hostname, port } = new URL(server.address)
  const body = JSON.stringify({ phone_number: '15555551212' })
  const slow = connect({ host: hostname, port: Number(port) })
  slow.write(
    `POST /v1/token HTTP/1.1\r\nHost: ${hostname}\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${body.length}\r\n\r\n${body.slice(0, 9)}`,
  )
  // Another request is answered: this one has begun.
  await ask(new Agent(), `${server.address}/livez`)
  process.kill(server.pid, 'SIGTERM')
  await refused(server.address)
  slow.write(body.slice(9))

  const answer = (await slow.setEncoding('latin1').toArray()).join('')
  assert.match(answer, /^HTTP\/1\.1 201 /)
  assert.match(answer, /\r\nConnection: close\r\n/i)
  assert.deepEqual(await server.exited, { code: 0, signal: null })
})

/** Fulfils when nobody listens any more. */
async function refused(address: string): Promise<void> {
  const isRefused = (error: unknown) => error instanceof NoAnswer && !error.connected
  while (!(await ask(new Agent(), `${address}/livez`).then(() => false, isRefused))) await sleep(10)
}
