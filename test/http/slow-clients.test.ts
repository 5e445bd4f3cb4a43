/** Clients that are slow on purpose (security.md H-04). */
import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import type { ServerOptions } from 'node:https'
import { connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import pino from 'pino'
import { createApp } from '../../packages/server/src/app.ts'
import { createMetrics } from '../../packages/server/src/operation/metrics.ts'
import { revocations } from '../../packages/server/src/revocation/revocations.ts'
import { openStores } from '../../packages/server/src/stores/open.ts'
import { serverOptions } from '../../packages/server/src/tls/options.ts'
import { makeCertificate } from '../support/certificate.ts'
import { openTestKeys } from '../support/keys.ts'
import { sendRaw } from '../support/raw-http.ts'
import { NOW, testSettings } from '../support/service.ts'

const HEAD = 'POST /v1/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n'

async function start(t: TestContext, tls?: ServerOptions) {
  const keys = await openTestKeys()
  const stores = await openStores('memory:', { now: NOW })
  const log = pino({ level: 'silent' })
  const time = { now: () => NOW, monotonic: () => NOW }
  const app = await createApp({
    ...time,
    settings: testSettings({}),
    stores,
    revocations: await revocations(
      { ...time, log, store: stores.revocations, maxAgeSeconds: 60 },
      AbortSignal.abort(),
    ),
    customer: { id: 'customer', key: undefined },
    signingKeys: keys.signingKeys,
    keyService: keys.service,
    refreshKey: createSecretKey(Buffer.alloc(32, 1)),
    attempts: stores.attempts(time),
    metrics: createMetrics(),
    log,
    version: '0.0.0-test',
    tls,
    stopping: () => false,
  })
  t.after(() => app.close())
  return app
}

test('H-04 headers and bodies have 10 s to arrive, answers 30 s to be read', async (t) => {
  const { server } = await start(t)
  assert.equal(server.headersTimeout, 10_000)
  assert.equal(server.requestTimeout, 10_000)
  assert.equal(server.timeout, 30_000)
})

test('H-04 who is too slow gets 408 and is closed; others are served meanwhile', async (t) => {
  const app = await start(t)
  // Ten seconds in small. That senders are looked for often enough is what is left to see.
  Object.assign(app.server, { headersTimeout: 300, requestTimeout: 300 })
  const address = await app.listen({ host: '127.0.0.1', port: 0 })

  /** Sends `bytes`, then one more each 100 ms. */
  async function dribble(bytes: string): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>()
    let received = ''
    const socket = connect(Number(new URL(address).port), '127.0.0.1', () => socket.write(bytes))
    const timer = setInterval(() => socket.writable && socket.write('a'), 100)
    socket.on('data', (chunk) => {
      received += chunk
    })
    // A server that closes with bytes unread resets the connection.
    socket.on('error', () => {})
    socket.on('close', () => {
      clearInterval(timer)
      resolve(received)
    })
    return promise
  }

  const slow = [
    dribble('GET /'),
    dribble('GET /livez HTTP/1.1\r\nHost: localhost\r\nX-A: '),
    dribble(`${HEAD}Content-Length: 5000\r\n\r\n{`),
    dribble(`${HEAD}Transfer-Encoding: chunked\r\n\r\n1388\r\n{`),
  ]
  for (let i = 0; i < 20; i += 1) {
    const [answer] = await sendRaw(
      address,
      'GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    )
    assert.equal(answer?.status, 200)
  }
  for (const received of await Promise.all(slow)) {
    assert.match(received, /^HTTP\/1\.1 408 /)
    assert.equal(received.match(/HTTP\/1\.1/g)?.length, 1)
    assert.match(received, /"code":"request_timeout"/)
  }
})

test('H-04 a TLS handshake has 10 s, and what follows it the time of plain HTTP', async (t) => {
  const tls = serverOptions(makeCertificate(), '1.2')
  assert.equal(tls.handshakeTimeout, 10_000)
  // Ten seconds in small.
  const app = await start(t, { ...tls, handshakeTimeout: 300 })
  const { headersTimeout, requestTimeout, timeout } = app.server
  assert.deepEqual([headersTimeout, requestTimeout, timeout], [10_000, 10_000, 30_000])
  const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }))

  const started = performance.now()
  for (const bytes of [[], [22]]) {
    const socket = connect(Number(port), '127.0.0.1')
    // A server that closes with bytes unread resets the connection.
    socket.on('error', () => {})
    const timer = setInterval(() => socket.writable && socket.write(Buffer.from(bytes)), 100)
    // Not once(), which rejects for an error as well.
    await new Promise((resolve) => socket.resume().on('close', resolve))
    clearInterval(timer)
  }
  assert.ok(performance.now() - started < 5_000)
})
