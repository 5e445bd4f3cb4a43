/** What a client of HTTPS meets (behaviour.md item 7, security.md H-11). */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent } from 'node:https'
import { connect as connectPlain } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, type TestContext, test } from 'node:test'
import { connect } from 'node:tls'
import { makeCertificate, writePair } from '../support/certificate.ts'
import { handshake, only } from '../support/handshake.ts'
import { ask } from '../support/ledger-http.ts'
import { startTestService } from '../support/service.ts'

const made = makeCertificate()
const { cert: ca } = made
const folder = mkdtempSync(join(tmpdir(), 'jotter-tls-'))
const files = writePair(folder, made)
after(() => rmSync(folder, { recursive: true }))

const start = (t: TestContext, environment = {}) =>
  startTestService(t, {
    DATABASE_URL: 'memory:',
    LOG_LEVEL: 'debug',
    JOTTER_LOG_REQUESTS: 'all',
    ...files,
    ...environment,
  })

describe('item 7, H-11: TLS', () => {
  const CASES = {
    '1.2': { refused: ['TLSv1', 'TLSv1.1'], spoken: ['TLSv1.2', 'TLSv1.3'] },
    '1.3': { refused: ['TLSv1', 'TLSv1.1', 'TLSv1.2'], spoken: ['TLSv1.3'] },
    '1.1': { refused: ['TLSv1'], spoken: ['TLSv1.1', 'TLSv1.2', 'TLSv1.3'] },
  } as const
  for (const [oldest, { refused, spoken }] of Object.entries(CASES)) {
    const which = oldest === '1.2' ? 'by default' : `with TLS_MIN_VERSION=${oldest}`
    test(`${spoken.join(', ')} and nothing else ${which}`, async (t) => {
      const environment = oldest === '1.2' ? {} : { JOTTER_TLS_MIN_VERSION: oldest }
      const { address } = await start(t, environment)
      for (const version of spoken) {
        const { protocol } = await handshake(address, { ca, ...only(version) })
        assert.equal(protocol, version)
        const agent = new Agent({ ca, ...only(version) })
        const token = await ask(agent, `${address}/v1/token/15555551212`)
        assert.equal(token.status, 200)
        assert.equal(token.body.split('.').length, 3)
      }
      for (const version of refused) {
        await assert.rejects(handshake(address, { ca, ...only(version) }), {
          code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
        })
      }
    })
  }
})

test('HTTP/1.1 is what is spoken: offered alone, beside HTTP/2, or not named', async (t) => {
  const { address } = await start(t)
  for (const [ALPNProtocols, alpn] of [
    [['http/1.1'], 'http/1.1'],
    [['h2', 'http/1.1'], 'http/1.1'],
    [undefined, false],
  ] as const) {
    const offer = ALPNProtocols && { ALPNProtocols: [...ALPNProtocols] }
    assert.equal((await handshake(address, { ca, ...offer })).alpn, alpn)
  }
  await assert.rejects(handshake(address, { ca, ALPNProtocols: ['h2'] }), {
    code: 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL',
  })
})

test('the address and the page for people say https', async (t) => {
  const { address } = await start(t, { JOTTER_PORT: '0' })
  assert.match(address, /^https:\/\/127\.0\.0\.1:\d+$/)
  const page = await ask(new Agent({ ca }), `${address}/`, { headers: { accept: 'text/html' } })
  assert.match(page.body, /<pre>curl https:\/\/127\.0\.0\.1:/)
  assert.equal(page.headers['strict-transport-security'], undefined)
})

test('a client that asks for a second handshake on its connection gets none', async (t) => {
  const { address } = await start(t)
  const { hostname: host, port } = new URL(address)
  const socket = connect({ host, port: Number(port), ca, maxVersion: 'TLSv1.2' })
  await once(socket, 'secureConnect')
  const refusal = await new Promise<NodeJS.ErrnoException>((resolve) => {
    socket.on('error', resolve)
    socket.renegotiate({}, (error) => error && resolve(error as NodeJS.ErrnoException))
  })
  assert.equal(refusal.code, 'ERR_SSL_NO_RENEGOTIATION')
  socket.destroy()
})

describe('what is no handshake is closed, counts as no request and is no error of ours', () => {
  const CASES = {
    'plain HTTP': 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n',
    'a line of text': 'hello\r\n',
    'a broken hello': Buffer.from('16030100050100000103', 'hex'),
    nothing: '',
  }
  for (const [name, bytes] of Object.entries(CASES)) {
    test(name, async (t) => {
      const { address, log } = await start(t)
      const { hostname: host, port } = new URL(address)
      const socket = connectPlain({ host, port: Number(port) })
      socket.on('error', () => {})
      socket.end(bytes)
      await once(socket.resume(), 'close')
      assert.equal((await ask(new Agent({ ca }), `${address}/livez`)).status, 200)
      const levels = log.map((line) => JSON.parse(line)).filter(({ msg }) => msg !== 'request')
      assert.deepEqual(
        levels.filter(({ level }) => level > 20),
        [],
      )
      assert.ok(!log.join('').includes('"status":400'))
    })
  }
})
