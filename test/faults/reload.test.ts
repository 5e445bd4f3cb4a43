/** The certificate changes, and the process is told to stop, while it issues over TLS. */
import assert from 'node:assert/strict'
import { Agent } from 'node:https'
import { connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeCertificate, writePair } from '../support/certificate.ts'
import { ask, NoAnswer } from '../support/ledger-http.ts'
import { openSandbox, startServer } from '../support/process.ts'

const CLIENTS = 8
const RELOADS = 20

const pairs = [makeCertificate({ name: 'even' }), makeCertificate({ name: 'odd' })] as const
const ca = pairs.map(({ cert }) => cert)

async function start(t: TestContext) {
  const sandbox = openSandbox(t)
  const environment = writePair(sandbox.folder, pairs[0])
  return { ...sandbox, ...(await startServer(sandbox, { environment })) }
}

/** Asks for tokens until it is told to stop, or nobody listens any more. */
function load(address: string, keepAlive: boolean, series: number) {
  const counts = { answered: 0, broken: 0 }
  const seen = new Set<string>()
  let over = false
  const agent = new Agent({ ca, keepAlive, maxSockets: CLIENTS })
  agent.on('keylog', (_line, socket) => {
    socket.once('secureConnect', () => {
      // One that goes on with an earlier session shows no certificate.
      if (!socket.isSessionReused()) seen.add(String(socket.getPeerCertificate().subject.CN))
    })
  })

  async function client(n: number) {
    for (let order = 0; !over; order += 1) {
      try {
        const phone = `1${series}${n}${String(order).padStart(8, '0')}`
        const { status } = await ask(agent, `${address}/v1/token/${phone}`)
        assert.equal(status, 200)
        counts.answered += 1
      } catch (error) {
        if (!(error instanceof NoAnswer)) throw error
        over = !error.connected
        if (error.connected) counts.broken += 1
      }
    }
  }

  const ended = Promise.all(Array.from({ length: CLIENTS }, (_, n) => client(n)))
  return {
    counts,
    seen,
    async stop() {
      over = true
      await ended
      agent.destroy()
    },
  }
}

test('item 7: SIGHUP under load drops no request, and changes the certificate each time', async (t) => {
  const server = await start(t)
  const loads = [load(server.address, true, 1), load(server.address, false, 2)] as const
  while (loads.some(({ counts }) => counts.answered < 2 * CLIENTS)) await sleep(5)
  for (let i = 1; i <= RELOADS; i += 1) {
    writePair(server.folder, pairs[i % 2 === 0 ? 0 : 1])
    const before = loads[1].counts.answered
    process.kill(server.pid, 'SIGHUP')
    while (loads[1].counts.answered < before + 2 * CLIENTS) await sleep(5)
  }
  const [kept, fresh] = loads
  await Promise.all(loads.map(({ stop }) => stop()))
  t.diagnostic(`${RELOADS} reloads: ${JSON.stringify({ kept: kept.counts, fresh: fresh.counts })}`)
  assert.equal(kept.counts.broken, 0)
  assert.equal(fresh.counts.broken, 0)
  assert.deepEqual([...kept.seen], ['even'])
  assert.deepEqual([...fresh.seen].sort(), ['even', 'odd'])
  assert.deepEqual(await server.end('SIGTERM'), { code: 0, signal: null })
})

test('F-11 SIGTERM under load answers what came over TLS; a silent handshake does not hold it', async (t) => {
  const server = await start(t)
  const { hostname, port } = new URL(server.address)
  const silent = connect({ host: hostname, port: Number(port) })
  silent.on('error', () => {})
  const { counts, stop } = load(server.address, true, 3)
  while (counts.answered < 200) await sleep(5)
  const told = performance.now()
  assert.deepEqual(await server.end('SIGTERM'), { code: 0, signal: null }, server.output())
  const took = performance.now() - told
  t.diagnostic(`SIGTERM to exit: ${Math.round(took)} ms`)
  await stop()
  silent.destroy()
  assert.equal(counts.broken, 0)
  assert.ok(took < 5_000)
})
